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
_LOOK_SECONDS = 2.0


def measure_large(count: int, folder: Path, key_exchange: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Run the suite once on so many nodes, for the time and the memory: it is looked at seldom, to cost no time."""
    say(f"starting {count} nodes")
    with running_nodes(count, with_python=False) as running:
        site = Site(folder / "large", running, key_exchange).write()
        own = site.folder / "suite"
        own.mkdir()
        memory = Memory()
        done = run(suite(site, own), own / "said", _TIMEOUT, memory, _LOOK_SECONDS)
        say(f"{count} nodes, suite: {done.seconds:.1f} s {done.problem}")
    return {
        "nodes": count,
        "seconds": round(done.seconds, 2),
        "processor": round(done.processor, 2),
        "memory": asdict(memory),
        "problem": done.problem,
    }
