"""The file trees nodes are made of: one Debian base, and for each flavour a layer over it. Built once, then cached."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab.flavours import CONFLICTS, FLAVOURS, PACKAGES, Flavour
from lab.programs import LabError, need, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SUITE = "bookworm"
_INCLUDE = "openssh-server,sudo,iproute2,procps,kmod,rpm,tcsh,busybox-static,nftables"
_CHROOT_FILES = Path(__file__).parent / "files"


def cache_folder() -> Path:
    """Give the folder of everything that is built once."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "acp-acceptance" / "lab"


def layers_of(flavour: Flavour, say: Callable[[str], None] = print) -> list[Path]:
    """Give the layers of a flavour, topmost first; builds what is missing.

    Raises:
        LabError: a tool is missing, or building failed.
    """
    base = _built("base", f"{_SUITE} {_INCLUDE}", _build_base, say)
    recipe = repr((flavour, PACKAGES, CONFLICTS, _recipe_files(), base.name))
    layer = _built(flavour.name, recipe, lambda folder: _build_layer(flavour, base, folder), say)
    return [layer, base]


def prepare(say: Callable[[str], None] = print) -> None:
    """Build all flavours.

    Raises:
        LabError: as :func:`layers_of`.
    """
    for flavour in FLAVOURS.values():
        layers_of(flavour, say)


def _recipe_files() -> list[tuple[str, str]]:
    here = [*sorted(_CHROOT_FILES.iterdir()), Path(__file__)]
    return [(path.name, path.read_text(encoding="utf-8")) for path in here]


def _built(name: str, recipe: str, build: Callable[[Path], None], say: Callable[[str], None]) -> Path:
    """Give a folder of the cache by its recipe; one process builds it, the others wait."""
    folder = cache_folder() / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with _locked(folder.parent / f"{name}.lock"):
        if not folder.exists():
            say(f"lab: building {name} in {folder} (once)")
            half = folder.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(mode=0o755)
            try:
                build(half)
            except BaseException:
                shutil.rmtree(half, ignore_errors=True)
                raise
            half.rename(folder)
    return folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _build_base(folder: Path) -> None:
    """Install a small Debian with debootstrap, from the mirror this machine's apt uses."""
    need("debootstrap", "debootstrap")
    run("debootstrap", "--variant=minbase", f"--include={_INCLUDE}", _SUITE, str(folder), _mirror())
    for waste in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(folder / waste, ignore_errors=True)


def _mirror() -> str:
    known = run("apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)", "Created-By: Packages").split("\n")
    for line in known:
        site, _, codename = line.partition(" ")
        if codename == _SUITE:
            return site
    raise LabError(f"apt on this machine knows no mirror of Debian {_SUITE}; run apt-get update, or add one")


def _build_layer(flavour: Flavour, base: Path, layer: Path) -> None:
    """Make a flavour's layer: what its build changes over the base, in an overlay that is thrown away."""
    with tempfile.TemporaryDirectory(dir=layer.parent) as text:
        place = Path(text)
        root, work = place / "root", place / "work"
        root.mkdir()
        work.mkdir()
        packages = place / "packages"
        _build_packages(flavour, packages)
        options = f"lowerdir={base},upperdir={layer},workdir={work}"
        run("mount", "-t", "overlay", "overlay", "-o", options, str(root))
        try:
            for path, content in flavour.files.items():
                _write(root, path, content)
            shutil.copytree(packages, root / "opt" / "lab-packages")
            (root / "root" / "build.sh").write_text((_CHROOT_FILES / "build.sh").read_text(encoding="utf-8"))
            modules = root / "lib" / "modules" / flavour.kernel
            modules.mkdir(parents=True, exist_ok=True)
            (modules / "modules.builtin").write_text("kernel/fs/ext4/ext4.ko\n", encoding="utf-8")
            shutil.copy(_CHROOT_FILES / "systemctl", root / "usr" / "bin" / "systemctl")
            run("chroot", str(root), "sh", "/root/build.sh", flavour.manager)
            (root / "root" / "build.sh").unlink()
        finally:
            run("umount", str(root))


def _write(root: Path, path: str, content: str) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_text(content, encoding="utf-8")


def _build_packages(flavour: Flavour, folder: Path) -> None:
    """Build empty packages: those a fault installs, and those of an rpm database."""
    folder.mkdir()
    names = dict(CONFLICTS) | ({} if flavour.manager == "dpkg" else PACKAGES)
    if flavour.manager == "dpkg":
        need("dpkg-deb", "dpkg")
        for name, version in names.items():
            tree = folder / name
            (tree / "DEBIAN").mkdir(parents=True)
            control = (
                f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
                "Maintainer: lab <lab@example.com>\nDescription: empty, for the lab\n"
            )
            (tree / "DEBIAN" / "control").write_text(control, encoding="utf-8")
            run("dpkg-deb", "--root-owner-group", "-b", str(tree), str(folder / f"{name}.deb"))
            shutil.rmtree(tree)
    else:
        need("rpmbuild", "rpm")
        for name, version in names.items():
            _build_rpm(folder, name, version)
        shutil.rmtree(folder / "work")


def _build_rpm(folder: Path, name: str, version: str) -> None:
    spec = folder / f"{name}.spec"
    spec.write_text(
        f"Name: {name}\nVersion: {version}\nRelease: 1\nSummary: empty, for the lab\nLicense: none\nBuildArch: noarch\n"
        "%description\nempty\n%files\n",
        encoding="utf-8",
    )
    run("rpmbuild", "-bb", "--define", f"_topdir {folder}/work", "--define", f"_rpmdir {folder}", str(spec))
    (built,) = (folder / "noarch").iterdir()
    built.rename(folder / f"{name}.rpm")
    spec.unlink()
    (folder / "noarch").rmdir()
