"""The parts of a cluster that can be tried without one: where programs come from, images, certificates."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from lab import LabError
from lab.control_plane import NEWEST, OLDEST, Image
from lab.control_plane.certificates import Authority
from lab.control_plane.images import write_archive
from lab.control_plane.programs import programs
from lab.control_plane.releases import release_of
from lab.programs import ENVIRONMENT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is in the cache, no folder of programs is named, and there is no Go."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setitem(ENVIRONMENT, "PATH", str(tmp_path))


def assets(folder: Path, version: str) -> Path:
    """Programs as envtest brings them: these three, of one release."""
    folder.mkdir()
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (folder / name).write_text(f"#!/bin/sh\necho Kubernetes {version}\n")
        (folder / name).chmod(0o755)
    return folder


def test_without_programs_and_without_go_it_says_what_to_do() -> None:
    with pytest.raises(LabError, match=r"no Go to build them: install Go 1\.\d+ or newer.*or set KUBEBUILDER_ASSETS"):
        programs(release_of(NEWEST))


def test_a_go_that_is_too_old_is_said(tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\necho go1.19.8\n")
    (tmp_path / "go").chmod(0o755)
    with pytest.raises(LabError, match=r"go1\.19\.8 is too old to build them: install Go 1\.24 or newer"):
        programs(release_of(NEWEST))


def test_programs_of_the_named_folder_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = assets(tmp_path / "assets", f"v{NEWEST}.1")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(folder))
    found = programs(release_of(NEWEST), ("etcd", "kube-apiserver", "kubectl"))
    assert found == {name: folder / name for name in ("etcd", "kube-apiserver", "kubectl")}


def test_programs_of_another_release_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets(tmp_path / "assets", f"v{NEWEST}.1")))
    assert programs(release_of(OLDEST), ("etcd",))
    with pytest.raises(LabError, match="no Go"):
        programs(release_of(OLDEST), ("kubectl",))


def test_a_release_that_the_lab_does_not_have_is_refused() -> None:
    with pytest.raises(LabError, match=r"no Kubernetes 1\.2; it has 1\.31, 1\.34"):
        release_of("1.2")


def test_an_image_is_an_archive_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF")
    image = Image("lab/web:1", {"srv/page": "hello", "bin/program": tmp_path / "program"}, ("/bin/program",))
    for name in ("first.tar", "second.tar"):
        write_archive([image], tmp_path / name)
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()
    with tarfile.open(tmp_path / "first.tar") as archive:
        (described,) = json.loads(read(archive, "manifest.json"))
        with tarfile.open(fileobj=io.BytesIO(read(archive, described["Layers"][0]))) as layer:
            assert read(layer, "srv/page") == b"hello"
            assert read(layer, "bin/program") == b"\x7fELF"
        config = json.loads(read(archive, described["Config"]))
    assert described["RepoTags"] == ["lab/web:1"]
    assert config["config"]["Cmd"] == ["/bin/program"]


def test_an_image_s_files_can_be_laid_over_a_tree(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "python").write_text("an interpreter")
    with tarfile.open(tmp_path / "below.tar", "w") as tree:
        tree.add(tmp_path / "tree", ".")
    image = Image("lab/suite:1", {"srv/page": "hello"}, below=tmp_path / "below.tar", user="10001", folder="/srv")
    write_archive([image], tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as archive:
        (described,) = json.loads(read(archive, "manifest.json"))
        below, above = (read(archive, name) for name in described["Layers"])
        config = json.loads(read(archive, described["Config"]))
    assert below == (tmp_path / "below.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(above)) as layer:
        assert read(layer, "srv/page") == b"hello"
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(part).hexdigest()}" for part in (below, above)]
    assert (config["config"]["User"], config["config"]["WorkingDir"]) == ("10001", "/srv")


def read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None
    return member.read()


def test_a_certificate_can_be_made_that_has_expired() -> None:
    authority = Authority("lab")
    signed = x509.load_pem_x509_certificate(authority.sign("old", days=-1).certificate.encode())
    assert signed.not_valid_before_utc < signed.not_valid_after_utc < datetime.now(timezone.utc)
    signed.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pair.certificate.encode()))
