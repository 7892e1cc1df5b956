"""Records of runs, made in memory: for tests of what is written from them."""

from __future__ import annotations

from typing import Any

from acp_acceptance.reporting.results import Measurement, Outcome, Results, Run, Scope, Site, Verdict, counts

FINISHED = "2026-11-21T10:00:30+00:00"


def verdict(requirement: str = "dr.sync.consistent", outcome: str = "passed", **fields: Any) -> Verdict:
    """Give a verdict on a requirement."""
    given = {"kind": "side", "target": "standby", "severity": "required", **fields}
    return Verdict(requirement=requirement, outcome=Outcome(outcome), **given)


def results(
    *verdicts: Verdict,
    verdict_on_all: str = "accepted",
    site: str = "north",
    stages: tuple[str, ...] = ("dr",),
    **run: Any,
) -> Results:
    """Give a run with these verdicts."""
    times = {"started": "2026-11-21T10:00:00+00:00", "finished": FINISHED}
    about = {"user": "u", "runner": "r", "tool": "1.0", "offline": False, "snapshot_taken": times["started"]}
    measurements: list[Measurement] = run.pop("measurements", [])
    return Results(
        verdict=verdict_on_all,  # type: ignore[arg-type]  # one of the words
        run=Run(**{**times, **about, **run}),
        site=Site(name=site, release="4.2", release_verified=True, topology=None, customer=None, contract=None),
        scope=Scope(stages=list(stages), targets=2, judged_targets=2),
        counts=counts(list(verdicts)),
        verdicts=list(verdicts),
        measurements=measurements,
    )
