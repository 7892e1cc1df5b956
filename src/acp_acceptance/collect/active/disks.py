"""Loading the disks of one node, and reading what came of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.active.session import Sessions, Task
from acp_acceptance.model.load import parse_disk_rates, parse_sync_writes
from acp_acceptance.model.measurement import CollectionError, Problem, problem_of
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.inventory import Node

_LIMIT = 90
_NEEDED_MIB = 300
"""What one file system must have free beside a tenth of it: the file grows to 256 MiB."""
ETCD = "/var/lib/etcd"
DATA = ("/var/lib/containerd", "/cpaas")
"""The folders of which the file systems are measured."""


def measure_disks(sessions: Sessions, node: Node, *, sync: bool, rates: bool) -> dict[str, Any]:
    """Load the file systems of a node.

    Args:
        sessions: runs tasks on nodes.
        node: the node.
        sync: time synchronous writes where etcd will be; its rate is measured then, too.
        rates: measure the rates of all file systems that the platform will use.

    Returns:
        The facts ``sync_writes`` and ``disk_rates``, or the problems they met.
    """
    rated = ((ETCD,) if sync else ()) + (DATA if rates else ())
    task = Task(
        "disk",
        _LIMIT,
        {
            "folders": " ".join(rated),
            "sync_folders": ETCD if sync else "",
            "rate_folders": " ".join(rated),
            "need": str(_NEEDED_MIB),
        },
    )
    try:
        section = sessions.run(node, task, held=threading.Event())
    except (CollectionError, OSError) as error:
        problem = problem_of(error)
        return {"disk_rates": problem, **({"sync_writes": problem} if sync else {})}
    facts = {"disk_rates": _read(lambda: parse_disk_rates(section, rated))}
    if sync:
        facts["sync_writes"] = _read(lambda: parse_sync_writes(section, ETCD))
    return facts


def _read(parse: Callable[[], object]) -> object:
    try:
        return parse()
    except CollectionError as error:
        return problem_of(error)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        return Problem("unparsable", printable(f"its output has an unknown form ({type(error).__name__}: {error})"))
