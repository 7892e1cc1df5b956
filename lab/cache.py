"""What is built once and used by all labs: folders named by their recipe, which appear whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def cache_folder() -> Path:
    """Give the folder of everything that is built once."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "acp-acceptance" / "lab"


def built(name: str, recipe: object, build: Callable[[Path], None], say: Callable[[str], None]) -> Path:
    """Give a folder of the cache; one process builds it, the others wait for that one.

    Args:
        name: what it is, for people.
        recipe: all that decides its content; another recipe is another folder.
        build: fills the folder it is given.
        say: is told what is built, since it takes a while.
    """
    folder = cache_folder() / f"{name}-{hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent / f"{name}.lock"):
        if not folder.exists():
            say(f"lab: building {name} (once, in {folder})")
            # Not with_suffix: a name may have a dot, and what is before it be the same.
            half = folder.with_name(f"{folder.name}.half")
            # What an earlier process left when it was killed.
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
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; it ends with the process at the latest."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
