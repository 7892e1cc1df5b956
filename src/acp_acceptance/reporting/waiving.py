"""Waivers laid on verdicts: while a run goes on, and on a saved record."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

from acp_acceptance.inventory import WaiverState
from acp_acceptance.reporting.results import (
    CoveringWaiver,
    Outcome,
    RecordedWaiver,
    Results,
    Verdict,
    counts,
    next_step,
    sign_off,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from acp_acceptance.inventory import Waivers
    from acp_acceptance.requirements.catalogue import Catalogue


def waive(verdict: Verdict, waivers: Waivers, today: date, *, unmeasured: bool) -> None:
    """Lay the waiver that fits on a failure; one that has expired is kept beside it, and the failure stands.

    Args:
        verdict: is changed.
        waivers: of the site.
        today: the day, in UTC.
        unmeasured: a waiver may also cover that the requirement could not be measured.
    """
    if verdict.outcome is not Outcome.FAILED and not (verdict.outcome is Outcome.BROKEN and unmeasured):
        return
    match = waivers.find(verdict.requirement, verdict.target, today)
    if match.waiver is not None:
        waiver, expired = match.waiver, match.state is WaiverState.EXPIRED
        verdict.waiver = CoveringWaiver(
            reason=waiver.reason, owner=waiver.owner, expires=waiver.expires.isoformat(), expired=expired
        )
        if not expired:
            verdict.outcome = Outcome.WAIVED


def unfit(waivers: Waivers, catalogue: Catalogue) -> Iterator[str]:
    """Say what is wrong with waivers: those for no known requirement, and those for one that cannot be waived."""
    for waiver in waivers.entries:
        requirement = catalogue.requirements.get(waiver.requirement)
        if requirement is None:
            yield (
                f"{waiver.file}:{waiver.line}: {waiver.requirement} is no requirement; "
                "`acp-acceptance requirements` lists those there are"
            )
        elif not requirement.waivable:
            yield f"{waiver.file}:{waiver.line}: {waiver.requirement} cannot be waived; remove this waiver"


def waived_anew(results: Results, waivers: Waivers, catalogue: Catalogue, today: date) -> Results:
    """Give a record as it would be with these waivers in place of those it was made with."""
    verdicts = [_without_waiver(verdict) for verdict in results.verdicts]
    for verdict in verdicts:
        requirement = catalogue.requirements.get(verdict.requirement)
        if requirement is not None and requirement.waivable:
            waive(verdict, waivers, today, unmeasured=requirement.waivable_unmeasured)
    return results.model_copy(
        update={
            "verdict": sign_off(verdicts, results.scope, crashed=results.run.crashed),
            "verdicts": verdicts,
            "counts": counts(verdicts),
            "next_step": next_step(verdicts),
            "waivers": recorded_waivers(waivers, verdicts, today),
        }
    )


def _without_waiver(verdict: Verdict) -> Verdict:
    outcome = verdict.outcome
    if outcome is Outcome.WAIVED:
        outcome = Outcome.FAILED if verdict.findings else Outcome.BROKEN
    return verdict.model_copy(update={"waiver": None, "outcome": outcome})


def recorded_waivers(waivers: Waivers, verdicts: Iterable[Verdict], today: date) -> list[RecordedWaiver]:
    """Tell of each waiver what came of it, also of one that had nothing to cover."""
    covers: dict[int, dict[str, None]] = defaultdict(dict)
    for verdict in verdicts:
        if verdict.waiver is not None:
            waiver = waivers.find(verdict.requirement, verdict.target, today).waiver
            if waiver is not None:
                covers[waiver.index][verdict.target] = None
    return [
        RecordedWaiver(
            requirement=item.requirement,
            targets=item.targets,
            reason=item.reason,
            owner=item.owner,
            expires=item.expires.isoformat(),
            state=_state(used=item.index in covers, expired=item.expires < today),
            covers=list(covers[item.index]),
        )
        for item in waivers.entries
    ]


def _state(*, used: bool, expired: bool) -> Literal["used", "expired", "unused"]:
    if expired:
        return "expired"
    return "used" if used else "unused"
