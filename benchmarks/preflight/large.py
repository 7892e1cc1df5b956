"""The suite on very many nodes: time from its start to written results, and memory."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Memory, run
from benchmarks.preflight.site import Site, running_nodes
from benchmarks.preflight.tools import suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TIMEOUT = 1800.0


def measure_large(count: int, folder: Path, key_exchange: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Run the suite twice on so many nodes, once for the time and once for the memory."""
    say(f"starting {count} nodes")
    with running_nodes(count, with_python=False) as running:
        site = Site(folder / "large", running, key_exchange).write()
        own = site.folder / "suite"
        own.mkdir()
        timed = run(suite(site, own), own / "said", _TIMEOUT)
        say(f"{count} nodes, suite: {timed.seconds:.1f} s {timed.problem}")
        memory = Memory()
        watched = run(suite(site, own), own / "said", _TIMEOUT, memory)
    return {
        "nodes": count,
        "seconds": round(timed.seconds, 2),
        "processor": round(timed.processor, 2),
        "memory": asdict(memory),
        "problem": timed.problem or watched.problem,
    }
