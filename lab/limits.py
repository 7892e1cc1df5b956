"""Limits of this machine's kernel that it counts for all namespaces together, and that labs need more of.

What is raised stays so until this machine starts again.
"""

from __future__ import annotations

from pathlib import Path

from lab.programs import LabError

_WATCHES = Path("/proc/sys/fs/inotify/max_user_instances")
_ENOUGH_WATCHES = 8192
_NEIGHBOURS = Path("/proc/sys/net/ipv4/neigh/default")
_PEERS_OF_A_NODE = 60
_KEPT_NEIGHBOURS = "gc_thresh2"
_MOST_NEIGHBOURS = "gc_thresh3"


def allow_watches() -> None:
    """Let root have as many watches of files as several clusters need: each node has some thirty.

    The kernel usually allows 128; kubelet and kube-proxy do not start without.

    Raises:
        LabError: this machine does not let it be raised; says what to do.
    """
    _raise(_WATCHES, _ENOUGH_WATCHES, "a cluster's programs")


def allow_neighbours(nodes: int) -> None:
    """Let so many nodes know each other's hardware addresses.

    The kernel usually keeps 1024 for all; above that, ports of neighbours look filtered and hosts gone.

    Raises:
        LabError: this machine does not let it be raised; says what to do.
    """
    for name in (_KEPT_NEIGHBOURS, _MOST_NEIGHBOURS):
        # Only the machine's own network namespace has these files.
        if (_NEIGHBOURS / name).exists():
            _raise(_NEIGHBOURS / name, nodes * _PEERS_OF_A_NODE, f"{nodes} nodes")


def _raise(limit: Path, enough: int, what: str) -> None:
    if int(limit.read_text(encoding="ascii")) >= enough:
        return
    try:
        limit.write_text(str(enough), encoding="ascii")
    except OSError as error:
        name = ".".join(limit.parts[3:])
        advice = f"set it on the machine: sysctl {name}={enough}"
        raise LabError(f"{limit} cannot be raised for {what} ({error.strerror}); {advice}") from error
