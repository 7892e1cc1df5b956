"""Run the benchmark: ``python -m benchmarks.postinstall --sizes 100x3000,1000x30000``."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.postinstall.filling import Filler, Size
from benchmarks.postinstall.tools import TOOLS, Cluster
from benchmarks.rounds import document_of, measured, medians, row, write
from lab.control_plane import NEWEST, ApiServer
from lab.control_plane.programs import programs

if TYPE_CHECKING:
    from benchmarks.measure import Run

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
    document = document_of(found)
    return write(chosen.output, document, _markdown(document), console)


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
    def tell(one: Run) -> None:
        console.print(f"{cluster.size}, {name}: {one.seconds:.2f} s {one.problem}", markup=False)

    found = measured(partial(TOOLS[name][1], cluster), cluster.folder / "said", _TIMEOUT, rounds, tell)
    return {
        "tool": name,
        "nodes": cluster.size.nodes,
        "pods": cluster.size.pods,
        **found.figures(),
        "verdicts": found.verdicts,
        "problem": found.problem,
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
    floors = medians(found, "raw-list", "pods")
    for item in found:
        head = (item["nodes"], item["pods"], item["tool"])
        lines.append(row(item, head, floors.get(item["pods"]), item["verdicts"] or ""))
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


if __name__ == "__main__":
    sys.exit(main())
