"""A run in one line, for the end of a log, a mail of cron, a chat."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.problems import trouble_of
from acp_acceptance.reporting.results import Outcome, Results, blocks

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.requirements.catalogue import Language

_COUNTED = (Outcome.FAILED, Outcome.BROKEN, Outcome.WAIVED, Outcome.NOT_RUN, Outcome.PASSED)
_NAMED = 3


def one_line(results: Results, status: int, folder: Path | None, language: Language) -> str:
    """Say a run in one line: site, stage, verdict, counts, what stands against it, when, exit status, folder."""
    run = results.run
    seconds = (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
    counted = [
        f"{results.counts[outcome.value]} {phrase(outcome.value, language)}"
        for outcome in _COUNTED
        if results.counts.get(outcome.value)
    ]
    stages = results.scope.name if results.scope.stages else phrase("own", language)
    none = phrase("nothing judged", language)
    parts = [
        phrase("in-one-line", language, verdict=phrase(results.verdict, language), counts=", ".join(counted) or none),
        _against(results, language),
        _unmeasured(results, language),
        phrase("interrupted", language) if run.interrupted else "",
        phrase("ended", language, finished=run.finished, seconds=f"{seconds:.0f}", status=status),
        str(folder) if folder else "",
    ]
    said = "; ".join(part for part in parts if part)
    return printable(f"acp-acceptance {results.site.name} {stages}: {said}", limit=1000)


def _unmeasured(results: Results, language: Language) -> str:
    """Say what stands in the way of measuring most often, each with how many verdicts it is."""
    broken = [item for item in results.verdicts if item.outcome is Outcome.BROKEN and blocks(item)]
    found = Counter(trouble_of(item, language).says for item in broken)
    shown = [f"{says} ({count})" for says, count in found.most_common(_NAMED) if says]
    return phrase("unmeasured-for", language, reasons=", ".join(shown)) if shown else ""


def _against(results: Results, language: Language) -> str:
    """Name the requirements that stand against the sign-off, failed ones first."""
    bad = sorted(filter(blocks, results.verdicts), key=lambda item: item.outcome is Outcome.BROKEN)
    names = list(dict.fromkeys(item.requirement for item in bad))
    shown = ", ".join(printable(name, limit=100) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return phrase("and-more", language, names=shown, count=more) if more > 0 else shown
