"""Host keys of the nodes. Making one takes a program's start, so they are kept: each place in each network has its own.

No two nodes that run at the same time share a key, and a lab started again in the same network finds its keys there.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from lab.cache import cache_folder
from lab.programs import ENVIRONMENT, LabError, run

if TYPE_CHECKING:
    from pathlib import Path

_AT_ONCE = 8


def make_key(path: Path, comment: str) -> None:
    """Make a pair of keys; the public one has ``.pub`` at its end."""
    run(*_command(path, comment))


def host_keys(network: int, count: int) -> list[Path]:
    """Give the private keys of so many nodes of a network, which the caller has claimed; makes those missing.

    Raises:
        LabError: one could not be made.
    """
    folder = cache_folder() / "host-keys" / str(network)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = [folder / str(number) for number in range(count)]
    missing = [path for path in paths if not path.with_suffix(".pub").exists()]
    for start in range(0, len(missing), _AT_ONCE):
        _make_at_once(missing[start : start + _AT_ONCE])
    return paths


def _make_at_once(paths: list[Path]) -> None:
    for path in paths:
        # The half of a pair, left by a process that was killed; ssh-keygen would ask about it.
        path.unlink(missing_ok=True)
    started = [
        subprocess.Popen(_command(path, "lab"), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for path in paths
    ]
    said = [process.communicate()[1] for process in started]
    for process, error in zip(started, said, strict=True):
        if process.returncode:
            raise LabError(f"ssh-keygen: {error.decode(errors='replace').strip()}")


def _command(path: Path, comment: str) -> list[str]:
    return ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
