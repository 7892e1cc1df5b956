"""Run the benchmark: ``python -m benchmarks.dr --sizes 10000,100000,1000000``."""

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

from benchmarks.dr.filling import fill
from benchmarks.measure import Job, Memory, run
from benchmarks.postinstall.filling import Size
from benchmarks.postinstall.tools import ROOT, Cluster
from lab.control_plane import NEWEST, ApiServer

_HERE = Path(__file__).parent
_TIMEOUT = 3600.0
_MEMORY = 300e6
TOOLS = {
    "raw-list": (
        ("benchmarks.dr.raw_both", "whole"),
        "every object of both sides, with a plain HTTP client, not looked at",
    ),
    "raw-metadata": (("benchmarks.dr.raw_both", "metadata"), "likewise, their metadata alone: the floor"),
    "comparison": (("benchmarks.dr.compare",), "the suite's comparison: metadata of both sides, each object looked at"),
}


def main() -> int:
    """Measure what the command line names, and write the results."""
    chosen = _arguments()
    console = Console()
    found: list[dict[str, Any]] = []
    with (
        ApiServer(NEWEST, name="benchmark-primary", say=console.print) as primary,
        ApiServer(NEWEST, name="benchmark-standby", say=console.print) as standby,
        tempfile.TemporaryDirectory() as folder,
    ):
        for size in chosen.sizes:
            console.print(f"filling both sides: {size} objects, {chosen.missing} of them on the primary alone")
            fill((primary, standby), size, chosen.missing)
            files = [_kubeconfig(plane, Path(folder) / f"{plane.name}-{size}") for plane in (primary, standby)]
            found += [_measured(size, name, files, Path(folder), chosen.rounds, console) for name in chosen.tools]
    document = {
        "taken": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()},
        "kubernetes": NEWEST,
        "missing": chosen.missing,
        "measurements": found,
    }
    (chosen.output / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (chosen.output / "results.md").write_text(_markdown(document), encoding="utf-8")
    console.print((chosen.output / "results.md").read_text(encoding="utf-8"), markup=False)
    return 1 if any(item["problem"] for item in found) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dr", description=__doc__)
    add = parser.add_argument
    sizes = [10_000, 100_000, 1_000_000]
    add("--sizes", type=lambda text: [int(word) for word in text.split(",")], default=sizes, help="objects, growing")
    add("--missing", type=int, default=10, help="objects that the standby lacks (10)")
    add("--tools", type=lambda text: text.split(","), default=list(TOOLS), help=f"some of {','.join(TOOLS)}")
    add("--rounds", type=int, default=3, help="runs of each tool (3)")
    add("--output", type=Path, default=_HERE, help="folder for the results (benchmarks/dr)")
    return parser.parse_args()


def _kubeconfig(plane: ApiServer, folder: Path) -> Path:
    folder.mkdir()
    return Cluster(Size(0, 0), plane.kubeconfig, "", folder).kubeconfig


def _measured(  # noqa: PLR0913, PLR0917 - what, of which size, where, how often
    size: int, name: str, files: list[Path], folder: Path, rounds: int, console: Console
) -> dict[str, Any]:
    module, *arguments = TOOLS[name][0]
    argv = [sys.executable, "-m", module, *arguments, *map(str, files)]
    job = Job(argv, lambda said, status: "" if status == 0 else said[-300:], cwd=ROOT)
    log = folder / "said"
    seconds: list[float] = []
    processor: list[float] = []
    memory, problem = Memory(), ""
    for _ in range(rounds):
        one = run(job, log, _TIMEOUT)
        said = log.read_text(encoding="utf-8").strip()
        console.print(f"{size}, {name}: {one.seconds:.2f} s {said[-300:]}", markup=False)
        problem = one.problem
        if problem:
            break
        seconds.append(one.seconds)
        processor.append(one.processor)
    if not problem:
        run(job, log, _TIMEOUT, memory)
    said = log.read_text(encoding="utf-8", errors="replace").strip()[-300:]
    return {
        "tool": name,
        "objects": size,
        "seconds": seconds,
        "processor": processor,
        "memory": asdict(memory),
        "said": said,
        "problem": problem,
    }


def _markdown(document: dict[str, Any]) -> str:
    machine = f"{document['machine']['processors']} processors that both API servers and their etcd share"
    lines = [
        "# Comparing both clusters of a pair, beside a raw listing of both",
        "",
        f"Taken {document['taken']}, Kubernetes {document['kubernetes']}, on {machine}.",
        f"{document['missing']} objects are on the primary alone.",
        "",
        *(f"- `{name}`: {about}" for name, (_, about) in TOOLS.items()),
        "",
        "| objects a side | tool | median s | from to | x floor | CPU s | MB | found |",
        "| ---: | --- | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    found = document["measurements"]
    floors = {
        item["objects"]: statistics.median(item["seconds"])
        for item in found
        if item["tool"] == "raw-metadata" and item["seconds"]
    }
    lines += [_row(item, floors.get(item["objects"])) for item in found]
    lines += [
        "",
        f"Aim: the comparison's memory does not grow with the objects, and stays under {_MEMORY / 1e6:.0f} MB.",
        "",
    ]
    for item in found:
        if item["tool"] == "comparison" and item["seconds"]:
            memory = item["memory"]["total"]
            lines.append(
                f"- {item['objects']} objects: {memory / 1e6:.0f} MB ({'met' if memory < _MEMORY else 'not met'})"
            )
    return "\n".join(lines) + "\n"


def _row(item: dict[str, Any], floor: float | None) -> str:
    head = f"| {item['objects']} | {item['tool']} |"
    if not item["seconds"]:
        return f"{head} - | {item['problem'][:60]} | | | | |".replace("\n", " ")
    median = statistics.median(item["seconds"])
    times = f"{median / floor:.2f}" if floor else ""
    return (
        f"{head} {median:.2f} | {min(item['seconds']):.2f} to {max(item['seconds']):.2f} | {times} | "
        f"{statistics.median(item['processor']):.2f} | {item['memory']['total'] / 1e6:.0f} | {item['said']} |"
    )


if __name__ == "__main__":
    sys.exit(main())
