"""The image of scheduled runs, as deploy/Containerfile says, without a container engine and without a registry.

Debian's packages and Python's are put into an archive once; the project's files are a layer over it, as they are now.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cache import built
from lab.containerfile import parse
from lab.control_plane.images import Image
from lab.programs import LabError, run
from lab.trees import build_in, common_layers, proxies, workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.containerfile import Containerfile

NAME = "docker.io/library/acp-acceptance:latest"
"""What containerd makes of the name in deploy/cronjob.yaml."""
_PROJECT = Path(__file__).parents[2]
_FILES = Path(__file__).parent / "files"
_SCRIPTS = ("suite-tree.sh", "suite-run.sh")
# What the image that the Containerfile begins with has, and is used: Python, a shell with its tools, useradd.
_BASE = ("base-files", "base-passwd", "libc-bin", "dash", "coreutils", "findutils", "passwd", "python3")
_DECIDING = ("pyproject.toml", "constraints.txt", "src/acp_acceptance/__init__.py", "deploy/Containerfile")
"""Files that decide what is installed; the others are copied only."""
_ARCHIVE = "layer.tar"
_REQUIREMENTS = """import sys, tomllib
with open(sys.argv[1], "rb") as stream:
    said = tomllib.load(stream)
# What hatchling asks for when it installs in the editable form.
print(*said["project"]["dependencies"], *said["build-system"]["requires"], "editables~=0.3", sep="\\n")
"""
_FINISH = "python3 -m compileall -q /usr/lib/python3*; rm -r /usr/local/lib/python3*/dist-packages/kubernetes/aio"
"""Compiled as an installed Python is; without a fifth of the image that nothing imports: a node has it in memory."""


def suite_image(say: Callable[[str], None]) -> Image:
    """Give the image; builds what it is made of, once.

    Raises:
        LabError: the Debian mirror or the index of Python's packages cannot be reached, or a command of the
            Containerfile fails.
    """
    said = containerfile()
    return Image(
        NAME,
        dict(copied(said)),
        said.command,
        below=_installed(said, say) / _ARCHIVE,
        user=said.user,
        folder=said.folder,
    )


def containerfile() -> Containerfile:
    """Give what deploy/Containerfile says."""
    return parse((_PROJECT / "deploy" / "Containerfile").read_text(encoding="utf-8"))


def copied(said: Containerfile) -> Iterator[tuple[str, Path]]:
    """Give all files that are copied: place in the image, and the file.

    Raises:
        LabError: one is not there.
    """
    for source, target in said.copies.items():
        path = _PROJECT / source
        place = Path(said.folder, target, path.name if target.endswith("/") else "").relative_to("/")
        if path.is_dir():
            below = sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
            yield from ((str(place / file.relative_to(path)), file) for file in below)
        elif path.is_file():
            yield str(place), path
        else:
            raise LabError(f"deploy/Containerfile copies {source}, which is not there")


def _installed(said: Containerfile, say: Callable[[str], None]) -> Path:
    base = common_layers(say)[-1]
    texts = [(_PROJECT / name).read_text(encoding="utf-8") for name in _DECIDING]
    programs = [_REQUIREMENTS, _FINISH, *((_FILES / name).read_text(encoding="utf-8") for name in _SCRIPTS)]
    return built("suite", (_BASE, texts, programs, base.name), lambda folder: _build(said, base, folder), say)


def _build(said: Containerfile, base: Path, folder: Path) -> None:
    with workshop(folder) as place:
        material = place / "material"
        shutil.copy(_FILES / "suite-tree.sh", material)
        (material / "packages").write_text(" ".join((*_BASE, *said.packages)), encoding="ascii")
        lines = "".join(f"{name} {value}\n" for name, value in proxies().items())
        (material / "proxies").write_text(lines, encoding="utf-8")
        build_in(place, "suite-tree.sh", [base], folder)
        tree = folder / "tree"
        _give_pip(material)
        _download(tree, material)
        for name, file in copied(said):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, tree / name)
        script = str(_FILES / "suite-run.sh")
        for command in (*said.runs, _FINISH):
            run("unshare", "--mount", "sh", script, str(tree), str(material), said.folder, command)
        # They come afresh each time.
        shutil.rmtree(tree / said.folder.lstrip("/"))
        run("tar", "--numeric-owner", "-C", str(tree), "-cf", str(place / _ARCHIVE), ".")
        for path in folder.iterdir():
            shutil.rmtree(path)
        shutil.move(place / _ARCHIVE, folder)


def _give_pip(material: Path) -> None:
    """Put the pip of this Python there, since Debian's Python has none; it is Python alone, and needs no library."""
    found = importlib.util.find_spec("pip")
    if found is None or found.origin is None:
        raise LabError("this Python has no pip; install it with: python -m ensurepip")
    shutil.copytree(Path(found.origin).parent, material / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    program = material / "bin" / "pip"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nexec python3 /mnt/pip "$@"\n', encoding="ascii")
    program.chmod(0o755)


def _download(tree: Path, material: Path) -> None:
    """Download the wheels that the tree's Python needs.

    That Python chooses them, with the libraries of the tree, but outside of it: what this machine's pip is told about
    indexes, proxies and certificates holds.
    """
    (loader,) = tree.glob("usr/lib/*-linux-gnu*/ld-linux-*.so.*")
    python = (str(loader), "--library-path", str(loader.parent), str(tree / "usr/bin/python3"))
    environment = {"PYTHONHOME": str(tree / "usr"), "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    wanted = material / "requirements.txt"
    wanted.write_text(
        run(*python, "-c", _REQUIREMENTS, str(_PROJECT / "pyproject.toml"), environment=environment), encoding="utf-8"
    )
    options = ("--only-binary=:all:", "-q", "-c", str(_PROJECT / "constraints.txt"), "-r", str(wanted))
    run(*python, str(material / "pip"), "download", *options, "-d", str(material / "wheels"), environment=environment)
