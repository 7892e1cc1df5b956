"""The file trees nodes are made of, in layers: a Debian, what all nodes have in common, and the flavour over both."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cache import built
from lab.disks import USUAL, disk_tree
from lab.flavours import FLAVOURS, SEEDED_PACKAGES, Flavour
from lab.kernel_view import flavour_files
from lab.packages import write_debs, write_spec
from lab.programs import LabError, need, run
from lab.users import USERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SUITE = "bookworm"
_INCLUDE = (
    "openssh-server,sudo,iproute2,iputils-ping,procps,kmod,nftables,iptables,lvm2,systemd,tcsh,busybox,rpm,"
    "python3-minimal"
)
_WASTE = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_FILES = Path(__file__).parent / "files"
PASSWORD_MARK = "THE-LABS-PASSWORD"  # noqa: S105 - stands in /etc/shadow until a lab has a password
"""Stands in the trees' /etc/shadow for the password's hash, which each lab has of its own."""


def prepare(say: Callable[[str], None] = print) -> None:
    """Build everything that labs need.

    Raises:
        LabError: as :func:`layers_of`.
    """
    for flavour in FLAVOURS.values():
        layers_of(flavour, say)
    busybox_layer(say)


def layers_of(flavour: Flavour, say: Callable[[str], None] = print) -> list[Path]:
    """Give the layers of a flavour, topmost first; builds what is missing.

    Raises:
        LabError: a tool or the Debian mirror is missing, or building failed.
    """
    common = common_layers(say)
    scripts = [_source(name) for name in ("flavour.sh", "layer.sh", "getenforce", "units")]
    recipe = (
        flavour,
        flavour_files(flavour),
        _disk_trees(flavour),
        SEEDED_PACKAGES,
        scripts,
        [path.name for path in common],
    )
    return [built(flavour.name, recipe, lambda folder: _build_flavour(flavour, common, folder), say), *common]


def common_layers(say: Callable[[str], None] = print) -> list[Path]:
    """Give the layers below all flavours, topmost first; builds what is missing.

    Raises:
        LabError: as :func:`layers_of`.
    """
    base = built("debian", (_SUITE, _INCLUDE, _WASTE), _build_debian, say)
    recipe = (USERS, [_source(path.name) for path in sorted(_FILES.iterdir())], base.name)
    return [built("common", recipe, lambda folder: _build_common([base], folder), say), base]


def busybox_layer(say: Callable[[str], None] = print) -> Path:
    """Give the layer that makes busybox of the usual commands."""
    return built("busybox", _source("busybox-commands"), _build_busybox, say)


@cache
def _source(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _build_debian(folder: Path) -> None:
    """Install a small Debian from the mirror that this machine's apt uses."""
    need("debootstrap", "debootstrap")
    # In a mount namespace of its own, so that no mount is left where this is interrupted.
    run(
        *("unshare", "--mount", "debootstrap", "--variant=minbase", f"--include={_INCLUDE}"),
        *(_SUITE, str(folder), _mirror()),
        environment=proxies(),
    )
    for waste in _WASTE:
        shutil.rmtree(folder / waste, ignore_errors=True)


def _mirror() -> str:
    """Find the Debian mirror that apt is set up for; ``ACP_LAB_MIRROR`` names another."""
    if named := os.environ.get("ACP_LAB_MIRROR"):
        return named
    need("apt-get", "apt")
    targets = run("apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)", "Created-By: Packages")
    for line in targets.splitlines():
        site, _, code_name = line.partition(" ")
        if code_name == _SUITE:
            return site
    raise LabError(
        f"apt on this machine knows no mirror of Debian {_SUITE}; run apt-get update, or name one in ACP_LAB_MIRROR"
    )


def proxies() -> dict[str, str]:
    """Give the proxies that apt uses, for debootstrap's own downloads."""
    found = {}
    for scheme in ("http", "https"):
        shown = run("apt-config", "shell", "proxy", f"Acquire::{scheme}::Proxy").strip()
        if proxy := shown.removeprefix("proxy=").strip("'"):
            found[f"{scheme}_proxy"] = proxy
    return found


def _build_common(below: list[Path], layer: Path) -> None:
    """Add what every node has: users, sshd's configuration, and programs that stand for others."""
    with workshop(layer) as place:
        material = place / "material"
        shutil.copytree(_FILES, material, dirs_exist_ok=True)
        rows = (
            f"{user.name}|{user.number}|{user.login_shell}|{PASSWORD_MARK if user.password else '*'}|{user.sudo}\n"
            for user in USERS
        )
        _write(material, {"users": "".join(rows)})
        build_in(place, "common.sh", below, layer)


def _build_flavour(flavour: Flavour, below: list[Path], layer: Path) -> None:
    """Make of the Debian what the flavour shows."""
    packages = {**flavour.packages, **SEEDED_PACKAGES}
    with workshop(layer) as place:
        material = place / "material"
        disk_files, disk_links = _disk_trees(flavour)
        _write(material / "tree", {**flavour_files(flavour), **flavour.files, **disk_files})
        for path, target in {**(flavour.links or {}), **disk_links}.items():
            (material / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
            (material / "tree" / path).symlink_to(target)
        _write(
            material,
            {"installed": "\n".join([*flavour.packages, ""]), "manager": f"DefaultTasksMax={flavour.no_limit}\n"},
        )
        _write(material, {"units": "".join(f"{unit}\n" for unit in flavour.units)})
        _write(material, {name: _source(name) for name in ("flavour.sh", "getenforce")})
        if flavour.manager == "dpkg":
            write_debs(material / "debs", packages)
        else:
            write_spec(material / "lab.spec", packages)
        build_in(place, "flavour.sh", below, layer, flavour.manager, flavour.shell_program, flavour.machine)


def _disk_trees(flavour: Flavour) -> tuple[dict[str, str], dict[str, str]]:
    """Give the files and links of the disks that nodes usually have."""
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    for key, disks in USUAL.items():
        more_files, more_links = disk_tree(key, disks, flavour)
        files |= more_files
        links |= more_links
    return files, links


def _build_busybox(layer: Path) -> None:
    folder = layer / "usr" / "bin"
    folder.mkdir(parents=True)
    for name in _source("busybox-commands").split():
        (folder / name).symlink_to("busybox")


@contextmanager
def workshop(layer: Path) -> Iterator[Path]:
    """Give a folder beside a layer that is being built, for what only the building needs."""
    folder = layer.with_suffix(".workshop")
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("material", "root", "work"):
        (folder / name).mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def build_in(workshop: Path, script: str, below: list[Path], layer: Path, *arguments: str) -> None:
    """Run a script of the material in a tree of which the layer keeps the changes."""
    lower = ":".join(map(str, below))
    # In a mount namespace of its own, so that no mount is left where this is interrupted.
    run("unshare", "--mount", "sh", str(_FILES / "layer.sh"), lower, str(layer), str(workshop), script, *arguments)


def _write(folder: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
