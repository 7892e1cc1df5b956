"""The VIP, the installer's port and the Core Package, on real nodes."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab import NodeSpec
from labs import started
from suite import SuiteRun, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab import Lab

PACKAGE = "preflight.platform.package"
VIP = "preflight.platform.vip"
PORT = "preflight.platform.installer-port"
FOLDER = "/root/cpaas-install"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    specs = [NodeSpec("cp-1", "rhel-8.6", ("control_plane", "installer")), NodeSpec("cp-2"), NodeSpec("cp-3")]
    # No node of the cluster: someone else's machine.
    specs.append(NodeSpec("stranger"))
    with started(specs, "platform") as running:
        yield running


@pytest.fixture
def installer(lab: Lab) -> Iterator[Callable[[str], str]]:
    """Run a command on the installer node, where nothing is left of it after the test."""

    def run(command: str) -> str:
        done = lab.nodes["cp-1"].run(command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(f"rm -rf {FOLDER} && mkdir -p {FOLDER}")
    yield run
    run(f"rm -rf {FOLDER}; nft flush ruleset")


@pytest.fixture
def judge(lab: Lab, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Judge the cluster with changes of its site; gives its verdicts by requirement."""

    def run(*options: str, release: str = "4.2", **site: Any) -> dict[str, Any]:
        document = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
        del document["all"]["children"]["control_plane"]["hosts"]["stranger"]
        document["all"]["vars"]["acp"] |= {"release": release, **site}
        file = tmp_path / "inventory.yml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        found: SuiteRun = judged(tmp_path / "reports", f"--acp-inventory={file}", *options)
        verdicts = {item["requirement"]: item for item in found.results["verdicts"] if item["target"] == "global"}
        for path in sorted((tmp_path / "reports").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        return verdicts

    return run


def red(verdicts: dict[str, Any]) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict["outcome"] in {"failed", "broken"}}


def archive(*names: str) -> bytes:
    """Give a tar archive of small files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 5
            tar.addfile(member, io.BytesIO(b"hello"))
    return content.getvalue()


CORE = archive("installer/setup.sh", "installer/res/init.sh")
EXTENSIONS = archive(*(f"installer/plugins/{number}.tgz" for number in range(30)))


@pytest.fixture
def put(installer: Callable[[str], str]) -> Callable[[str, bytes], None]:
    """Put a file into the package's folder."""

    def write(name: str, content: bytes) -> None:
        installer(f"printf %s '{content.hex()}' | perl -pe 's/(..)/chr hex $1/ge' >'{FOLDER}/{name}'")

    return write


@pytest.mark.usefixtures("installer")
def test_a_healthy_site_passes(judge: Callable[..., dict[str, Any]]) -> None:
    verdicts = judge()
    assert red(verdicts) == set(), verdicts
    assert verdicts[VIP]["outcome"] == verdicts[PORT]["outcome"] == "passed"
    assert verdicts[PACKAGE]["outcome"] == "not_applicable"
    assert verdicts[PACKAGE]["reason"] == f"package is not named in the inventory, and none is in {FOLDER}"


def test_a_vip_that_is_another_machine_s_address_fails_alone(judge: Callable[..., dict[str, Any]], lab: Lab) -> None:
    verdicts = judge(vip=lab.nodes["stranger"].address)
    assert red(verdicts) == {VIP}
    assert "an SSH server answers (port 22: SSH-2.0-OpenSSH" in verdicts[VIP]["message"]


def test_an_installer_behind_a_firewall_is_advised_against(
    judge: Callable[..., dict[str, Any]], installer: Callable[[str], str]
) -> None:
    installer("nft add table inet t && nft 'add chain inet t c { type filter hook input priority 0; }'")
    installer("nft add rule inet t c tcp dport 8080 drop")
    verdicts = judge()
    assert verdicts[PORT]["outcome"] == "failed"
    assert "gives no answer on port 8080" in verdicts[PORT]["message"]
    assert verdicts[VIP]["outcome"] == "passed"


def test_a_package_with_the_right_checksum_passes(
    judge: Callable[..., dict[str, Any]], put: Callable[[str, bytes], None]
) -> None:
    put("installer-core-v4.2.1-x86.tar", CORE)
    for kind in ("sha256", "md5"):
        checksum = f"{kind}:{hashlib.new(kind, CORE).hexdigest()}"
        verdicts = judge(package={"checksum": checksum, "architecture": "x86"})
        assert verdicts[PACKAGE]["outcome"] == "passed", verdicts[PACKAGE]
    assert judge()[PACKAGE]["outcome"] == "passed"


@pytest.mark.parametrize(
    ("name", "package", "said"),
    [
        ("installer-core-v4.1.0-x86.tar", {}, "is of release 4.1"),
        ("installer-core-v4.2.0-arm.tar", {}, "is for arm, and not for cp-1 (x86_64), cp-2 (x86_64), cp-3 (x86_64)"),
        ("installer-core-v4.2.0-hybrid.tar", {"architecture": "x86"}, "is not the x86 package"),
        ("installer-core-v4.2.0-x86.tar", {"checksum": f"md5:{'0' * 32}"}, f"and not {'0' * 32}"),
        ("installer-core-v4.2.0-x86.tar", {"file": "/root/none.tar"}, "/root/none.tar is not on cp-1"),
    ],
)
def test_a_package_that_will_not_do_fails_alone(
    judge: Callable[..., dict[str, Any]],
    put: Callable[[str, bytes], None],
    name: str,
    package: dict[str, str],
    said: str,
) -> None:
    put(name, CORE)
    verdicts = judge(package=package)
    assert red(verdicts) == {PACKAGE}
    assert verdicts[PACKAGE]["outcome"] == "failed"
    assert said in verdicts[PACKAGE]["message"]


def test_extensions_are_unpacked_before_the_installation_in_4_0_and_after_it_from_4_1_on(
    judge: Callable[..., dict[str, Any]], put: Callable[[str, bytes], None], installer: Callable[[str], str]
) -> None:
    for release in ("4.0", "4.2"):
        put(f"installer-core-v{release}.0-x86.tar", CORE)
    put("installer-extensions-v4.0.0-x86.tar", EXTENSIONS)
    installer(f"tar -xf {FOLDER}/installer-core-v4.2.0-x86.tar -C {FOLDER}")

    def verdict(release: str) -> dict[str, Any]:
        checksum = f"sha256:{hashlib.sha256(CORE).hexdigest()}"
        file = f"{FOLDER}/installer-core-v{release}.0-x86.tar"
        found: dict[str, Any] = judge(release=release, package={"file": file, "checksum": checksum})[PACKAGE]
        return found

    assert "is not unpacked beside the Core Package" in verdict("4.0")["message"]
    assert verdict("4.2")["outcome"] == "passed"
    installer(f"tar -xf {FOLDER}/installer-extensions-v4.0.0-x86.tar -C {FOLDER}")
    assert verdict("4.0")["outcome"] == "passed"
    assert "is already unpacked, before the Core Package is installed" in verdict("4.2")["message"]


@pytest.mark.parametrize(
    ("release", "package", "why"),
    [
        ("4.0", {}, "neither package.checksum nor package.signature"),
        ("4.2", {"signature": "/root/core.sig"}, "does not say package.keyring"),
        ("4.2", {"signature": "/root/core.sig", "keyring": "/root/keys.gpg"}, "the signature was not verified"),
    ],
)
def test_a_package_whose_proof_is_not_at_hand_is_not_measured(
    judge: Callable[..., dict[str, Any]],
    put: Callable[[str, bytes], None],
    release: str,
    package: dict[str, str],
    why: str,
) -> None:
    put(f"installer-core-v{release}.0-x86.tar", CORE)
    verdict = judge(release=release, package=package)[PACKAGE]
    assert verdict["outcome"] == "broken"
    assert why in verdict["reason"]


def test_a_checksum_that_takes_too_long_costs_the_package_only(
    judge: Callable[..., dict[str, Any]], put: Callable[[str, bytes], None], lab: Lab
) -> None:
    put("installer-core-v4.2.0-x86.tar", CORE)
    lab.nodes["cp-1"].run(
        "mv /usr/bin/sha256sum /usr/bin/sha256sum.real; printf '#!/bin/sh\\nsleep 1000\\n' >/usr/bin/sha256sum; chmod 755 /usr/bin/sha256sum"
    )
    try:
        verdicts = judge("--acp-deadline=30", package={"checksum": f"sha256:{'0' * 64}"})
    finally:
        lab.nodes["cp-1"].run("mv /usr/bin/sha256sum.real /usr/bin/sha256sum")
    assert red(verdicts) == {PACKAGE}
    assert "give it more time: --acp-deadline" in verdicts[PACKAGE]["reason"]


def test_two_packages_are_told_apart_by_name_only(
    judge: Callable[..., dict[str, Any]], put: Callable[[str, bytes], None]
) -> None:
    put("installer-core-v4.2.0-x86.tar", CORE)
    put("installer-core-v4.2.1-x86.tar", CORE)
    assert "name it: package.file" in judge()[PACKAGE]["reason"]
    file = f"{FOLDER}/installer-core-v4.2.1-x86.tar"
    assert judge(package={"file": file})[PACKAGE]["outcome"] == "passed"
