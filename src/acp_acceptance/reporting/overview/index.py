"""The index page of a site, made of its histories; folders of runs are only looked at for reports to link to."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from acp_acceptance.model.text import printable
from acp_acceptance.reporting import history
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.signoff.html import inline_hash
from acp_acceptance.reporting.signoff.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.reporting.history import Entry
    from acp_acceptance.requirements.catalogue import Language

INDEX = "index.html"
_ROWS, _BARS = 200, 60
_HIGH, _WIDE, _GAP = 60, 12, 4
_TONES = {"accepted": "ok", "not accepted": "failed"}
_REPORT = re.compile(r"report\.(en|ru|zh)\.(html|pdf)")


@dataclass(frozen=True)
class Bar:
    """A run in a chart: where it is, and how high its failures and what was not measured are, in pixels."""

    x: int
    failed: int
    broken: int
    accepted: bool
    title: str


@dataclass(frozen=True)
class Chart:
    """Failures from run to run."""

    width: int
    bars: tuple[Bar, ...]
    said: str


@dataclass(frozen=True)
class Line:
    """A measurement from run to run: points of a line in a box of 100 by 30, and the values at its ends."""

    name: str
    points: str
    least: str
    most: str
    latest: str


@dataclass(frozen=True)
class Row:
    """A run in the table; ``reports`` are pairs of what they are called and where they are."""

    started: str
    verdict: str
    tone: str
    release: str
    counts: str
    folder: str
    there: bool
    reports: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Stage:
    """The runs of one stage."""

    name: str
    chart: Chart
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    older: int


def write_index(site: Path, language: Language) -> Path:
    """Write the index of a site, in one piece.

    Args:
        site: the site's folder of reports.
        language: of the page.

    Raises:
        OSError: it cannot be written.
    """
    file = site / INDEX
    handle, name = tempfile.mkstemp(prefix=f".{INDEX}.", dir=site)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(as_page(site, language))
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return file


def as_page(site: Path, language: Language) -> str:
    """Give the index of a site as HTML."""
    words = Words(language)
    files = sorted((site / "history").glob("*.jsonl"))
    stages = [_stage(site, file.stem, known.entries, words) for file in files if (known := history.load(file)).entries]
    style = (resources.files("acp_acceptance.reporting.signoff") / "report.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = (resources.files(__package__) / "index.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        w=words,
        site=printable(site.resolve().name),
        stages=stages,
        high=_HIGH,
        wide=_WIDE,
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=inline_hash(style),
    )


def _stage(site: Path, name: str, entries: Sequence[Entry], words: Words) -> Stage:
    shown = entries[::-1][:_ROWS]
    return Stage(
        name=" + ".join(words.known(f"stage-{part}", printable(part)) for part in re.split(r"[+_]", name)),
        chart=_chart(entries[-_BARS:], words),
        lines=tuple(_lines(entries[-_BARS:])),
        rows=tuple(_row(site, entry, words) for entry in shown),
        older=len(entries) - len(shown),
    )


def _chart(entries: Sequence[Entry], words: Words) -> Chart:
    most = max(1, *(_count(entry, "failed") + _count(entry, "broken") for entry in entries))
    bars = tuple(
        Bar(
            x=number * (_WIDE + _GAP),
            failed=_height(_count(entry, "failed"), most),
            broken=_height(_count(entry, "broken"), most),
            accepted=entry.verdict == "accepted",
            title=f"{entry.started:%Y-%m-%d %H:%M}{words('colon')}{_counts(entry, words)}",
        )
        for number, entry in enumerate(entries)
    )
    newest = entries[-1]
    said = words(
        "index-trend-said", count=len(entries), failed=_count(newest, "failed"), broken=_count(newest, "broken")
    )
    return Chart(len(bars) * (_WIDE + _GAP), bars, said)


def _count(entry: Entry, outcome: str) -> int:
    return max(0, entry.counts.get(outcome, 0))


def _height(count: int, most: int) -> int:
    """Give the height of a bar; what there is at all can be seen."""
    return max(3, round(count / most * _HIGH)) if count else 0


def _lines(entries: Sequence[Entry]) -> list[Line]:
    lines = []
    for name in sorted({name for entry in entries for name in entry.measurements}):
        values = [entry.measurements[name] for entry in entries if name in entry.measurements]
        if len(values) < 2:  # noqa: PLR2004 - a line has two ends
            continue
        least, most = min(values), max(values)
        spread = (most - least) or 1.0
        step = 100 / (len(values) - 1)
        points = " ".join(
            f"{number * step:.1f},{28 - (value - least) / spread * 26:.1f}" for number, value in enumerate(values)
        )
        lines.append(Line(printable(name), points, f"{least:g}", f"{most:g}", f"{values[-1]:g}"))
    return lines


def _row(site: Path, entry: Entry, words: Words) -> Row:
    # The history is a file that anybody may have written to: a name that leads elsewhere is no folder of a run.
    name = entry.folder if entry.folder and Path(entry.folder).name == entry.folder else ""
    folder = site / name
    there = bool(name) and folder.is_dir()
    files = sorted(file.name for file in folder.iterdir() if _REPORT.fullmatch(file.name)) if there else []
    return Row(
        started=f"{entry.started:%Y-%m-%d %H:%M}",
        verdict=phrase(entry.verdict, words.language),
        tone=_TONES.get(entry.verdict, "advice"),
        release=printable(entry.release),
        counts=_counts(entry, words),
        folder=printable(name),
        there=there,
        reports=tuple((" ".join(file.split(".")[1:]), f"{quote(name)}/{file}") for file in files),
    )


def _counts(entry: Entry, words: Words) -> str:
    outcomes = ("failed", "broken", "waived", "passed")
    return ", ".join(f"{_count(entry, name)} {words.outcome(name)}" for name in outcomes if _count(entry, name))
