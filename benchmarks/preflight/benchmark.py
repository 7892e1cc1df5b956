"""Measuring: for each number of nodes and each distance, all tools in turn, some rounds of that."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from benchmarks.measure import Memory, run
from benchmarks.preflight.relay import RelayProcess
from benchmarks.preflight.results import Measurement, Results
from benchmarks.preflight.site import Site, running_nodes
from benchmarks.preflight.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.measure import Run
    from benchmarks.preflight.site import Nodes
    from benchmarks.preflight.tools import Tool

_TIMEOUT = 3600.0
_MEMORY_OF = ("suite", "ansible", "pyinfra")


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes:
        sizes: numbers of nodes.
        delays: round trips in milliseconds.
        tools: names.
        rounds: of all tools in turn.
        seconds: a tool that has taken so long has no more rounds.
        full: nothing is estimated.
        key_exchange: an algorithm that OpenSSH is told to prefer; empty for its own choice.
    """

    sizes: Sequence[int]
    delays: Sequence[int]
    tools: Sequence[str]
    rounds: int
    seconds: float
    full: bool = False
    key_exchange: str = ""


class Benchmark:
    """One run of the benchmark.

    Args:
        plan: what is to be measured.
        folder: for everything that is written on the way.
        say: is told what goes on.
    """

    def __init__(self, plan: Plan, folder: Path, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._folder = folder
        self._say = say
        self.results = Results()

    def run(self) -> Results:
        """Measure everything."""
        peers = any(TOOLS[name].packages for name in self._plan.tools)
        for size in sorted(self._plan.sizes):
            self._say(f"starting {size} nodes")
            with running_nodes(size, with_python=peers) as running:
                for delay in self._plan.delays:
                    self._at_distance(running, delay)
        return self.results

    def _at_distance(self, running: Nodes, delay: int) -> None:
        count = len(running.nodes)
        folder = self._folder / f"{count}-{delay}"
        with ExitStack() as stack:
            relay = None
            if delay:
                targets = {node.name: (node.address, node.port) for node in running.nodes}
                relay = stack.enter_context(RelayProcess(delay / 2000, targets))
                running = running.relayed(relay.ports)
            self._measure(Site(folder, running, self._plan.key_exchange).write(), delay, relay)
        if relay is not None:
            self.results.relays[f"{count} nodes, {delay} ms"] = relay.cost

    def _measure(self, site: Site, delay: int, relay: RelayProcess | None) -> None:
        tools = [TOOLS[name] for name in self._plan.tools if not (delay and TOOLS[name].direct)]
        found = {tool.name: Measurement(tool.name, len(site.nodes), delay) for tool in tools}
        self.results.measurements += found.values()
        measured = [tool for tool in tools if self._plan.full or len(site.nodes) <= tool.most_nodes]
        for number in range(self._plan.rounds):
            # Each round begins with another tool, so that none always follows the same one.
            for tool in measured[number % len(measured) :] + measured[: number % len(measured)]:
                item = found[tool.name]
                if not item.problem and sum(item.seconds) < self._plan.seconds:
                    self._once(tool, site, item, relay)
        for tool in measured:
            if tool.name in _MEMORY_OF and not delay and not found[tool.name].problem:
                memory = Memory()
                self._run(tool, site, memory)
                found[tool.name].memory = asdict(memory)
        for tool in tools:
            if tool not in measured:
                self._estimate(found[tool.name])

    def _once(self, tool: Tool, site: Site, item: Measurement, relay: RelayProcess | None) -> None:
        before = relay.used() if relay else 0.0
        one = self._run(tool, site)
        item.relay += (relay.used() if relay else 0.0) - before
        where = f"{len(site.nodes)} nodes, {item.delay_ms} ms, {tool.name}"
        if one.problem:
            item.problem = one.problem
            item.seconds, item.processor = [], []
        else:
            item.seconds.append(one.seconds)
            item.processor.append(one.processor)
            item.verdicts = one.verdicts
        self._say(f"{where}: {one.seconds:.2f} s {one.problem}")

    def _run(self, tool: Tool, site: Site, memory: Memory | None = None) -> Run:
        folder = site.folder / tool.name
        folder.mkdir()
        try:
            return run(tool.prepare(site, folder), folder / "said", _TIMEOUT, memory)
        finally:
            shutil.rmtree(folder)

    def _estimate(self, item: Measurement) -> None:
        """Scale from the largest number of nodes that was measured: these tools' time grows with the nodes."""
        known = [
            other
            for other in self.results.measurements
            if (other.tool, other.delay_ms) == (item.tool, item.delay_ms) and other.seconds and not other.estimated_from
        ]
        if not known:
            item.problem = "too slow here (--full measures it), and no smaller number of nodes to estimate from"
            return
        largest = max(known, key=lambda other: other.nodes)
        item.seconds = [largest.median * item.nodes / largest.nodes]
        item.estimated_from = largest.nodes
