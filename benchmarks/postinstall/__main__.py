"""Run the benchmark: ``python -m benchmarks.postinstall --sizes 100x3000,1000x30000``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measure import Memory, run
from benchmarks.postinstall.filling import Filler, Size
from benchmarks.postinstall.tools import TOOLS, Cluster
from lab.control_plane import NEWEST, ApiServer
from lab.control_plane.programs import programs

_HERE = Path(__file__).parent
_TIMEOUT = 1800.0
_FLOOR, _MEMORY = 1.5, 500e6


def main() -> int:
    """Measure what the command line names, and write the results."""
    chosen = _arguments()
    console = Console()
    found: list[dict[str, Any]] = []
    with ApiServer(NEWEST, name="benchmark", say=console.print) as plane, tempfile.TemporaryDirectory() as folder:
        filler = Filler(plane)
        for size in chosen.sizes:
            console.print(f"filling: {size}")
            filler.fill(size)
            own = Path(folder) / str(size.pods)
            own.mkdir()
            cluster = Cluster(size, plane.kubeconfig, str(programs(plane.release, ["kubectl"])["kubectl"]), own)
            found += [_measured(cluster, name, chosen.rounds, console) for name in chosen.tools]
    document = {
        "taken": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()},
        "kubernetes": NEWEST,
        "measurements": found,
    }
    (chosen.output / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (chosen.output / "results.md").write_text(_markdown(document), encoding="utf-8")
    console.print((chosen.output / "results.md").read_text(encoding="utf-8"), markup=False)
    return 1 if any(item["problem"] for item in found) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.postinstall", description=__doc__)
    add = parser.add_argument
    sizes = [Size(100, 3000), Size(1000, 30_000), Size(5000, 150_000)]
    add("--sizes", type=_sizes, default=sizes, help="nodes x Pods (100x3000,1000x30000,5000x150000), growing")
    add("--tools", type=lambda text: text.split(","), default=list(TOOLS), help=f"some of {','.join(TOOLS)}")
    add("--rounds", type=int, default=3, help="runs of each tool (3)")
    add("--output", type=Path, default=_HERE, help="folder for the results (benchmarks/postinstall)")
    return parser.parse_args()


def _sizes(text: str) -> list[Size]:
    return [Size(*map(int, word.split("x"))) for word in text.split(",")]


def _measured(cluster: Cluster, name: str, rounds: int, console: Console) -> dict[str, Any]:
    seconds: list[float] = []
    processor: list[float] = []
    memory, problem, verdicts = Memory(), "", 0
    log = cluster.folder / "said"
    make = TOOLS[name][1]
    for _ in range(rounds):
        one = run(make(cluster), log, _TIMEOUT)
        console.print(f"{cluster.size}, {name}: {one.seconds:.2f} s {one.problem}", markup=False)
        if one.problem:
            problem = one.problem
            break
        seconds.append(one.seconds)
        processor.append(one.processor)
        verdicts = one.verdicts
    if not problem:
        run(make(cluster), log, _TIMEOUT, memory)
    return {
        "tool": name,
        "nodes": cluster.size.nodes,
        "pods": cluster.size.pods,
        "seconds": seconds,
        "processor": processor,
        "memory": asdict(memory),
        "verdicts": verdicts,
        "problem": problem,
    }


def _markdown(document: dict[str, Any]) -> str:
    machine = f"{document['machine']['processors']} processors that the API server shares"
    lines = [
        "# After the installation, beside kubectl and a raw listing",
        "",
        f"Taken {document['taken']}, Kubernetes {document['kubernetes']}, on {machine}. The floor is `raw-list`.",
        "",
        *(f"- `{name}`: {about}" for name, (about, _) in TOOLS.items()),
        "",
        "| nodes | Pods | tool | median s | from to | x floor | CPU s | MB | verdicts |",
        "| ---: | ---: | --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    found = document["measurements"]
    floors = {item["pods"]: statistics.median(item["seconds"]) for item in found if _is_floor(item)}
    lines += [_row(item, floors.get(item["pods"])) for item in found]
    lines += ["", f"Aims: the suite within {_FLOOR} times the floor, and under {_MEMORY / 1e6:.0f} MB.", ""]
    for item in found:
        if item["tool"] == "suite" and item["seconds"] and floors.get(item["pods"]):
            ratio = statistics.median(item["seconds"]) / floors[item["pods"]]
            memory = item["memory"]["total"]
            met = [("met" if ratio <= _FLOOR else "not met"), ("met" if memory < _MEMORY else "not met")]
            lines.append(
                f"- {item['pods']} Pods: {ratio:.2f} times the floor ({met[0]}), {memory / 1e6:.0f} MB ({met[1]})"
            )
    return "\n".join(lines) + "\n"


def _is_floor(item: dict[str, Any]) -> bool:
    return item["tool"] == "raw-list" and bool(item["seconds"])


def _row(item: dict[str, Any], floor: float | None) -> str:
    head = f"| {item['nodes']} | {item['pods']} | {item['tool']} |"
    if not item["seconds"]:
        return f"{head} - | {item['problem'][:60]} | | | | |".replace("\n", " ")
    median = statistics.median(item["seconds"])
    times = f"{median / floor:.2f}" if floor else ""
    return (
        f"{head} {median:.2f} | {min(item['seconds']):.2f} to {max(item['seconds']):.2f} | {times} | "
        f"{statistics.median(item['processor']):.2f} | {item['memory']['total'] / 1e6:.0f} | {item['verdicts'] or ''} |"
    )


if __name__ == "__main__":
    sys.exit(main())
