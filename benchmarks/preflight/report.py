"""Results for people: tables on the terminal, and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from benchmarks.preflight.results import aims, machine, per_verdict, versions
from benchmarks.preflight.tools import TOOLS

if TYPE_CHECKING:
    from benchmarks.preflight.results import Measurement, Results

_HEAD = ("tool", "median s", "from to", "runs", "x suite", "x floor 2", "CPU s", "MB")
_PROBLEM = 60
"""Characters of a problem in a table; the whole is in results.json."""
_AIM_HEAD = ("aim", "measured", "met")


def rows(results: Results, nodes: int, delay: int) -> list[tuple[str, ...]]:
    """Give the cells of one table: all tools on so many nodes at one distance, fastest first."""
    here = [item for item in results.measurements if (item.nodes, item.delay_ms) == (nodes, delay)]
    here.sort(key=lambda item: item.median if item.seconds else float("inf"))
    return [_row(results, item) for item in here]


def _row(results: Results, item: Measurement) -> tuple[str, ...]:
    if not item.seconds:
        return (item.tool, "-", item.problem[:_PROBLEM].replace("\n", " "), "0", "", "", "", "")
    place = (item.nodes, item.delay_ms)
    estimated = item.estimated_from
    return (
        item.tool,
        f"{'about ' if estimated else ''}{_number(item.median)}",
        f"from {estimated} nodes" if estimated else f"{_number(min(item.seconds))} to {_number(max(item.seconds))}",
        "0" if estimated else str(len(item.seconds)),
        _times(results.ratio(item.tool, "suite", *place)),
        _times(results.ratio(item.tool, "probe-ssh", *place)),
        _number(sorted(item.processor)[len(item.processor) // 2]) if item.processor else "",
        f"{item.memory['total'] / 1e6:.0f}" if item.memory else "",
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three digits say enough


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"  # noqa: PLR2004 - likewise


def table(results: Results, nodes: int, delay: int) -> Table:
    """Give one table for the terminal."""
    shown = Table(title=f"{nodes} nodes, {delay} ms round trip", title_justify="left", box=box.SIMPLE)
    for number, head in enumerate(_HEAD):
        shown.add_column(head, justify="left" if number in {0, 2} else "right", no_wrap=True)
    for row in rows(results, nodes, delay):
        shown.add_row(*row, style="bold" if row[0] == "suite" else None)
    return shown


def aims_table(results: Results) -> Table:
    """Give what the project wants, and whether it is so."""
    shown = Table(*_AIM_HEAD, title="Aims", title_justify="left", box=box.SIMPLE)
    for aim in aims(results):
        shown.add_row(aim.what, aim.found, "yes" if aim.met else "no", style=None if aim.met else "red")
    return shown


def markdown(results: Results, taken: str) -> str:
    """Give everything as Markdown."""
    lines = [
        "# Preflight: the suite beside its peers",
        "",
        f"Taken {taken}. How it was measured, and what cannot be compared: [README](../README.md).",
        "",
        "## Aims",
        "",
        *_markdown_table(
            ("aim", "measured", "met"), [(a.what, a.found, "yes" if a.met else "**no**") for a in aims(results)]
        ),
        *_costs(results),
    ]
    for nodes, delay in results.places():
        lines += [
            "",
            f"## {nodes} nodes, {delay} ms round trip",
            "",
            *_markdown_table(_HEAD, rows(results, nodes, delay)),
        ]
    if results.large:
        lines += ["", f"## {results.large['nodes']} nodes, the suite alone", ""]
        lines += [f"- {key}: {value}" for key, value in results.large.items()]
    lines += ["", "## Where", ""]
    lines += [f"- {key}: {value}" for key, value in {**machine(), **versions()}.items()]
    lines += ["", "Tools:", "", *(f"- {tool.name}: {tool.about}" for tool in TOOLS.values())]
    if results.relays:
        lines += ["", "Relays:", ""]
        lines += [
            f"- {place}: {', '.join(f'{k} {v}' for k, v in cost.items())}" for place, cost in results.relays.items()
        ]
    if results.remarks:
        lines += ["", "Remarks:", "", *(f"- {remark}" for remark in results.remarks)]
    return "\n".join([*lines, ""])


def _costs(results: Results) -> list[str]:
    own, alone = per_verdict(results, "suite-judging"), per_verdict(results, "pytest-alone")
    if own is None or alone is None:
        return []
    return ["", f"One more verdict costs the suite {own:.2f} ms, and an empty test costs pytest alone {alone:.2f} ms."]


def _markdown_table(head: tuple[str, ...], body: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body)]
