"""Run the benchmark: ``python -m benchmarks.dr --sizes 10000,100000,1000000``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.dr.filling import fill
from benchmarks.measure import Job
from benchmarks.postinstall.filling import Size
from benchmarks.postinstall.tools import ROOT, Cluster
from benchmarks.rounds import document_of, measured, medians, row, write
from lab.control_plane import NEWEST, ApiServer

if TYPE_CHECKING:
    from benchmarks.measure import Run

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
    document = document_of(found, missing=chosen.missing)
    return write(chosen.output, document, _markdown(document), console)


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

    def said() -> str:
        return log.read_text(encoding="utf-8", errors="replace").strip()[-300:]

    def tell(one: Run) -> None:
        console.print(f"{size}, {name}: {one.seconds:.2f} s {said()}", markup=False)

    found = measured(lambda: job, log, _TIMEOUT, rounds, tell)
    return {"tool": name, "objects": size, **found.figures(), "said": said(), "problem": found.problem}


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
    floors = medians(found, "raw-metadata", "objects")
    lines += [row(item, (item["objects"], item["tool"]), floors.get(item["objects"]), item["said"]) for item in found]
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


if __name__ == "__main__":
    sys.exit(main())
