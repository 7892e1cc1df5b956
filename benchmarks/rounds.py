"""Measuring a tool in some rounds, and the tables and files that benchmarks of API servers write of that."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Memory, run
from lab.control_plane import NEWEST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rich.console import Console

    from benchmarks.measure import Job, Run


@dataclass
class Rounds:
    """What some runs of one tool cost.

    Attributes:
        seconds: of each.
        processor: seconds of the runner's processor time of each.
        memory: of one more run, which was not timed.
        problem: why the last does not count; there are no more after it.
        verdicts: how many the last gave, where that is known.
    """

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    problem: str = ""
    verdicts: int = 0

    def figures(self) -> dict[str, Any]:
        """Give what is kept of them in any case."""
        return {"seconds": self.seconds, "processor": self.processor, "memory": asdict(self.memory)}


def measured(make: Callable[[], Job], log: Path, timeout: float, rounds: int, tell: Callable[[Run], object]) -> Rounds:
    """Run a tool some times, and once more for its memory.

    Args:
        make: prepares a run.
        log: file for what the last run printed.
        timeout: seconds of one run.
        rounds: how many.
        tell: is told of each.
    """
    found = Rounds()
    for _ in range(rounds):
        one = run(make(), log, timeout)
        tell(one)
        if one.problem:
            found.problem = one.problem
            return found
        found.seconds.append(one.seconds)
        found.processor.append(one.processor)
        found.verdicts = one.verdicts
    run(make(), log, timeout, found.memory)
    return found


def medians(measurements: Sequence[dict[str, Any]], tool: str, by: str) -> dict[Any, float]:
    """Give a tool's median seconds, by what else stands in its measurements, such as a size."""
    return {
        item[by]: statistics.median(item["seconds"])
        for item in measurements
        if item["tool"] == tool and item["seconds"]
    }


def row(item: dict[str, Any], head: Sequence[object], floor: float | None, last: object) -> str:
    """Give a measurement's row of a table: its head, median, range, times the floor, CPU, memory, and a last column."""
    named = "".join(f"| {each} " for each in head) + "|"
    if not item["seconds"]:
        return f"{named} - | {item['problem'][:60]} | | | | |".replace("\n", " ")
    median = statistics.median(item["seconds"])
    times = f"{median / floor:.2f}" if floor else ""
    return (
        f"{named} {median:.2f} | {min(item['seconds']):.2f} to {max(item['seconds']):.2f} | {times} | "
        f"{statistics.median(item['processor']):.2f} | {item['memory']['total'] / 1e6:.0f} | {last} |"
    )


def document_of(measurements: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    """Give the document of results: measurements, and when and on what they were taken."""
    return {
        "taken": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()},
        "kubernetes": NEWEST,
        **more,
        "measurements": measurements,
    }


def write(folder: Path, document: dict[str, Any], markdown: str, console: Console) -> int:
    """Write results into a folder, and show them.

    Returns:
        Exit status: 1 where a measurement has a problem.
    """
    (folder / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(markdown, encoding="utf-8")
    console.print(markdown, markup=False)
    return 1 if any(item["problem"] for item in document["measurements"]) else 0
