"""Readiness over time, from the history of a site: a line for the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from acp_acceptance.reporting.phrases import phrase

if TYPE_CHECKING:
    from acp_acceptance.reporting.history import Entry
    from acp_acceptance.requirements.catalogue import Language

DAYS = 30
_SHOWN_RUNS = 40
_SIGNS = {"accepted": "+", "not accepted": "x", "partial": "~", "nothing judged": "?"}


@dataclass(frozen=True)
class Trend:
    """Readiness over the last :data:`DAYS` days.

    Attributes:
        signs: a sign for each of the newest runs, oldest first: ``+`` accepted, ``x`` not, ``~`` partial, ``?``
            nothing was judged, or it was interrupted.
        runs: how many there were in these days.
        accepted: of them, how many were accepted.
        verdict: of the newest.
        since: when the first of the newest runs with this verdict began, without another between.
        last_success: end of the newest accepted run, also before these days; ``None`` where there is none.
    """

    signs: str
    runs: int
    accepted: int
    verdict: str
    since: datetime
    last_success: datetime | None


def trend_of(entries: tuple[Entry, ...]) -> Trend | None:
    """Give the trend of runs (oldest first); ``None`` where there are fewer than two, which show none."""
    if len(entries) < 2:  # noqa: PLR2004 - one run is no trend
        return None
    newest = entries[-1]
    recent = [entry for entry in entries if entry.started > newest.started - timedelta(days=DAYS)]
    since = newest.started
    for entry in reversed(entries):
        if entry.verdict != newest.verdict:
            break
        since = entry.started
    return Trend(
        signs="".join("?" if entry.interrupted else _SIGNS[entry.verdict] for entry in recent[-_SHOWN_RUNS:]),
        runs=len(recent),
        accepted=sum(entry.verdict == "accepted" for entry in recent),
        verdict=newest.verdict,
        since=since,
        last_success=next((entry.finished for entry in reversed(entries) if entry.verdict == "accepted"), None),
    )


def trend_line(trend: Trend, language: Language) -> str:
    """Say a trend in one line."""
    success = f"{trend.last_success:%Y-%m-%d %H:%M} UTC" if trend.last_success else phrase("never", language)
    return phrase(
        "trend",
        language,
        signs=trend.signs,
        accepted=trend.accepted,
        runs=trend.runs,
        days=DAYS,
        verdict=phrase(trend.verdict, language),
        since=f"{trend.since:%Y-%m-%d %H:%M} UTC",
        success=success,
    )
