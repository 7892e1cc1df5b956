"""Run the benchmark: ``python -m benchmarks.preflight --sizes 3,10 --delays 0,20``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from rich.console import Console

from benchmarks.preflight import report
from benchmarks.preflight.benchmark import Benchmark, Plan
from benchmarks.preflight.large import measure_large
from benchmarks.preflight.tools import TOOLS, peers_python
from lab import LabError
from lab.site import check_machine

_HERE = Path(__file__).parent
_FEWEST = 3


def main() -> int:
    """Measure what the command line names, and write the results."""
    chosen = _arguments()
    console = Console()
    try:
        check_machine()
    except LabError as reason:
        console.print(f"benchmark: {reason}")
        return 2
    plan = Plan(
        chosen.sizes,
        chosen.delays,
        chosen.tools,
        chosen.rounds,
        chosen.seconds,
        full=chosen.full,
        key_exchange=chosen.key_exchange,
    )
    for packages in filter(None, dict.fromkeys(TOOLS[name].packages for name in plan.tools)):
        _prepare_peers(console, packages)
    with tempfile.TemporaryDirectory(prefix="acp-benchmark-") as folder:
        benchmark = Benchmark(plan, Path(folder), console.print)
        results = benchmark.run()
        if chosen.large:
            results.large = measure_large(chosen.large, Path(folder), chosen.key_exchange, console.print)
    kept = chosen.output / "results.json"
    if kept.exists() and not chosen.anew:
        results.keep(json.loads(kept.read_text(encoding="utf-8")))
    results.remarks.append(
        f"key exchange that OpenSSH was told to prefer: {plan.key_exchange or 'none, its own choice'}"
    )
    for place in results.places():
        console.print(report.table(results, *place))
    console.print(report.aims_table(results))
    document = results.to_json()
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (chosen.output / "results.md").write_text(report.markdown(results, document["taken"]), encoding="utf-8")
    console.print(f"Written: {chosen.output}/results.json and results.md")
    return 1 if any(item.problem for item in results.measurements) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.preflight", description=__doc__)
    add = parser.add_argument
    add("--sizes", type=_sizes, default=[3, 10, 50, 200], help="numbers of nodes (3,10,50,200)")
    add("--delays", type=_numbers, default=[0, 20], help="round trips in ms that are added (0,20)")
    add("--tools", type=_tools, default=list(TOOLS), help=f"some of {','.join(TOOLS)}")
    add("--rounds", type=int, default=5, help="runs of each tool, in turn (5)")
    add("--seconds", type=float, default=120, help="no more rounds for a tool that has taken so long (120)")
    add("--full", action="store_true", help="measure also what is slow, instead of estimating it")
    add("--key-exchange", default="", metavar="ALGORITHM", help="what OpenSSH prefers, such as curve25519-sha256")
    add("--large", type=int, default=0, metavar="NODES", help="also the suite alone on so many nodes, such as 1000")
    add("--anew", action="store_true", help="forget what earlier runs wrote, instead of adding to it")
    add("--output", type=Path, default=_HERE, help="folder for the results (benchmarks/preflight)")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if word]


def _sizes(text: str) -> list[int]:
    if min(sizes := _numbers(text), default=0) < _FEWEST:
        raise argparse.ArgumentTypeError(f"a site that can be accepted has at least {_FEWEST} nodes")
    return sizes


def _tools(text: str) -> list[str]:
    names = [word for word in text.split(",") if word]
    if unknown := [name for name in names if name not in TOOLS]:
        raise argparse.ArgumentTypeError(f"no tool {', '.join(unknown)}; there are {', '.join(TOOLS)}")
    return names


def _prepare_peers(console: Console, packages: str) -> None:
    """Make a virtual environment of the packages that a file names, or bring it up to date."""
    wanted = (_HERE / packages).read_text(encoding="utf-8")
    folder = peers_python(packages).parents[1]
    stamp = folder / ".ready"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    console.print(f"benchmark: installing the packages of {packages} into {folder}")
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(peers_python(packages)), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(_HERE / packages)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
