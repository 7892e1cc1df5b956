"""The Core Package: what the probe says of it, and signatures by a real gpgv."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.collect.probe import make_probe
from acp_acceptance.model.layout import PlannedPackage
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.package import (
    Extensions,
    Package,
    PackageFile,
    PackageProof,
    core_package,
    disproved,
    misplaced_extensions,
    parse_package,
    parse_package_proof,
    require_proof,
    unfit_architecture,
)
from acp_acceptance.model.sections import Section, read_probe
from recorded import healthy

if TYPE_CHECKING:
    from pathlib import Path

PLANNED = PlannedPackage("/root/cpaas-install")
PATTERN = r"installer-core-v(?P<release>[0-9]+\.[0-9]+)\.[0-9]+-(?P<architecture>x86|arm|hybrid)\.tar"


def probed(**values: str) -> dict[str, Section]:
    """Run the package's sections of the probe on this machine."""
    names = ("package_folder", "package_file", "package_digest", "package_signature", "package_keyring")
    told = dict.fromkeys(names, "") | values
    probe = make_probe(become=False, values=told)
    # Only these two sections: the last words of the command are the list of them.
    command = probe.command[: probe.command.rindex(" '")] + " 'package:10 package_proof:10'"
    done = subprocess.run(["sh", "-c", command], input=b"\n" + probe.script, capture_output=True, check=True)
    return read_probe(done.stdout, done.stderr, probe.nonce).sections


def test_what_lies_in_the_folder_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    (folder / "installer" / "res").mkdir(parents=True)
    (folder / "installer" / "setup.sh").touch()
    (folder / "installer-core-v4.2.0-x86.tar").write_bytes(b"12345")
    (folder / "installer-extensions-v4.2.0-x86.tar").write_bytes(b"no archive")
    found = probed(package_folder=str(folder))
    package = parse_package(found["package"])
    assert package.files == (
        PackageFile(f"{folder}/installer-core-v4.2.0-x86.tar", 5),
        PackageFile(f"{folder}/installer-extensions-v4.2.0-x86.tar", 10),
    )
    assert (package.unpacked, package.named_file, package.found) == (True, None, True)
    assert package.extensions == (Extensions(f"{folder}/installer-extensions-v4.2.0-x86.tar", 0, 0),)
    with pytest.raises(CollectionError, match="could not be read"):
        list(misplaced_extensions(package, "after"))
    assert parse_package_proof(found["package_proof"]) == PackageProof(None, "")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    found = probed(package_folder=str(tmp_path / "none"), package_file=str(tmp_path / "none.tar"))
    assert parse_package(found["package"]) == Package((), named_file=False, unpacked=False, extensions=())


def test_other_nodes_are_not_asked() -> None:
    with pytest.raises(CollectionError, match="on the installer node only"):
        parse_package(probed()["package"])


@pytest.mark.skipif(not shutil.which("gpg") or not shutil.which("gpgv"), reason="needs gpg to sign with")
def test_signatures_are_verified_with_the_keyring_and_nothing_is_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    core, signature, keyring = (tmp_path / name for name in ("installer-core-v4.0.0-x86.tar", "core.sig", "keys.gpg"))
    core.write_bytes(b"the package")
    subprocess.run([*gpg, "--quick-generate-key", "maker@example.com", "ed25519"], check=True, capture_output=True)
    subprocess.run([*gpg, "-o", signature, "--detach-sign", core], check=True, capture_output=True)
    subprocess.run([*gpg, "-o", keyring, "--export"], check=True, capture_output=True)
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], check=False, capture_output=True)
    told = {"package_file": str(core), "package_signature": str(signature), "package_keyring": str(keyring)}
    before = sorted(path.name for path in tmp_path.iterdir())

    def verified() -> str:
        return parse_package_proof(probed(**told)["package_proof"]).signature

    assert verified() == "good"
    core.write_bytes(b"another package")
    assert verified() == "bad"
    keyring.unlink()
    assert verified() not in {"good", "bad", ""}
    keyring.touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_bad_signature_fails_and_an_unverified_one_is_not_measured() -> None:
    file = PackageFile("/root/installer-core-v4.0.0-x86.tar", 1)
    signed = PlannedPackage("/root", signature="/root/s.sig", keyring="/root/k")
    assert [name for name, _ in disproved(file, signed, PackageProof(None, "bad"))] == ["signature"]
    require_proof(signed, PackageProof(None, "good"), needed=True)
    with pytest.raises(CollectionError, match="gpgv is not installed there"):
        require_proof(signed, PackageProof(None, "gpgv is not installed there"), needed=False)


def test_a_hybrid_package_fits_all_nodes_and_no_other_fits_mixed_ones() -> None:
    from acp_acceptance.model.kernel import Kernel  # noqa: PLC0415

    nodes = {"a": healthy("a"), "b": healthy("b", kernel=Kernel("4.19.90-52.22.v2207.ky10.aarch64", "aarch64"))}

    def others(architecture: str) -> list[object]:
        file = PackageFile(f"/root/installer-core-v4.2.0-{architecture}.tar", 1)
        return [values["nodes"] for _, values in unfit_architecture(file, PLANNED, PATTERN, nodes)]

    assert others("hybrid") == []
    assert others("x86") == [["b (aarch64)"]]
    assert others("arm") == [["a (x86_64)"]]


def test_what_is_only_unpacked_has_no_name() -> None:
    with pytest.raises(CollectionError, match="only what is unpacked"):
        core_package(Package((), None, unpacked=True, extensions=()), PLANNED)
