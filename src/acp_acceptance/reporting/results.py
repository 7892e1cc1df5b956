"""The record of a run: ``results.json``, of which every report is a view.

The form is versioned: ``schema`` is raised when a field changes its meaning or goes; new fields may come at any time.
Its JSON schema is published as ``docs/results.schema.json``.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1


class Outcome(str, Enum):
    """What came of one requirement on one target; these are never merged."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    NOT_RUN = "not_run"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Finding(_Record):
    """One way in which a requirement is not met: a sentence of the catalogue, and its values."""

    sentence: str
    observed: dict[str, Any]


class CoveringWaiver(_Record):
    """The waiver that covers a failure, or that did until it expired."""

    reason: str
    owner: str
    expires: str
    expired: bool = False


class Verdict(_Record):
    """One requirement on one target.

    Attributes:
        requirement: its id; for a site's own check the test's id, and then ``own`` is true.
        kind: kind of target: ``node``, ``cluster`` or ``site``.
        target: the target's name.
        severity: ``required`` or ``advised``.
        outcome: what came of it.
        own: it is a check of the site's own, and not in the catalogue.
        findings: where it failed, what was observed.
        values: what the release asks of this target.
        evidence: everything that was observed while judging.
        reason: why it was broken, not applicable or not run, in English.
        problem: what stood in the way of measuring, in one word (``reporting/problems.yaml`` says each of them to
            people); empty where nothing did, and in records of older versions.
        message: the failure or the reason, whole, in English.
        waiver: what covers it.
        test: id of the pytest test; empty where none ran.
        seconds: how long the test took.
    """

    requirement: str
    kind: str
    target: str
    severity: Literal["required", "advised"]
    outcome: Outcome
    own: bool = False
    findings: list[Finding] = []
    values: dict[str, Any] = {}
    evidence: dict[str, Any] = {}
    reason: str = ""
    problem: str = ""
    message: str = ""
    waiver: CoveringWaiver | None = None
    test: str = ""
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it."""
        return (self.requirement, self.kind, self.target)


class Site(_Record):
    """What was judged."""

    name: str
    release: str
    release_verified: bool
    topology: str | None
    customer: str | None
    contract: str | None


class Scope(_Record):
    """How much of the site and of the requirements the run covers.

    Attributes:
        stages: the stages that were run.
        phase: of stage ``dr``: ``readiness`` or ``failover``; empty where that was not run.
        targets: how many targets the plan has.
        judged_targets: for how many of them everything that is owed was run.
        partial: why the run is no sign-off though nothing may be against it; empty where it is whole.
    """

    stages: list[str]
    phase: str = ""
    targets: int
    judged_targets: int
    partial: list[str] = []

    @property
    def name(self) -> str:
        """What was run, in one word: stages, and the phase where that is a failover, which is another question."""
        named = (
            f"{stage}-{self.phase}" if (stage, self.phase) == ("dr", "failover") else stage for stage in self.stages
        )
        return "+".join(named) or "checks"


class NextStep(_Record):
    """After a failover: the first of the guide's steps that is not done, which is the next thing to do.

    Attributes:
        requirement: that shows whether it is done.
        message: what was observed and what to do, in English.
    """

    requirement: str
    message: str


class AskedQuestion(_Record):
    """What cannot be measured, and is for the people who sign to answer.

    Attributes:
        id: of the catalogue's question.
        values: the numbers the release gives it.
        text: the question in English, with its source.
    """

    id: str
    values: dict[str, Any] = {}
    text: str


class Measurement(_Record):
    """One number that was measured and is worth following from run to run.

    Attributes:
        name: of :data:`acp_acceptance.reporting.measurements.MEASURES`.
        target: the cluster it was measured in; empty where it is of the whole site.
        subject: what of it, such as an address; empty where there is only one.
        value: in the unit that the name ends with.
    """

    name: str
    target: str
    subject: str = ""
    value: float


class JudgedCluster(_Record):
    """An installed cluster that was read through its API, as it was when it was judged."""

    name: str
    server: str
    version: str
    nodes: int | None


class RecordedWaiver(_Record):
    """A waiver that was given to the run.

    Attributes:
        targets: glob of the targets' names.
        state: ``used``: it covers a failure; ``unused``: there was nothing to cover; ``expired``: its day is over.
        covers: the targets whose failure it covers, or did until it expired.
    """

    requirement: str
    targets: str
    reason: str
    owner: str
    expires: str
    state: Literal["used", "expired", "unused"]
    covers: list[str] = []


class Run(_Record):
    """When, by whom and with what."""

    started: str
    started_local: str = Field(default="", description="the same moment in the local time of the machine that ran it")
    finished: str
    user: str
    runner: str
    tool: str
    offline: bool = Field(description="judged from a recorded snapshot; nothing was connected to")
    snapshot_taken: str
    interrupted: bool = False
    crashed: bool = False
    active: bool = Field(default=False, description="checks that load the nodes were allowed")
    active_allowed_by: str = Field(default="", description="who allowed them")


class Results(_Record):
    """A whole run."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    verdict: Literal["accepted", "not accepted", "partial", "nothing judged"]
    run: Run
    site: Site
    scope: Scope
    counts: dict[str, int]
    verdicts: list[Verdict]
    questions: list[AskedQuestion] = []
    measurements: list[Measurement] = []
    next_step: NextStep | None = None
    clusters: list[JudgedCluster] = []
    waivers: list[RecordedWaiver] = []

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


MEASURED = {Outcome.PASSED, Outcome.FAILED, Outcome.WAIVED}


def next_step(verdicts: list[Verdict]) -> NextStep | None:
    """Give the first undone step of a failover, in the catalogue's order, which is the guide's.

    One that is known to be undone goes before those of which nobody knows.
    """
    steps = [verdict for verdict in verdicts if verdict.requirement.startswith("dr.failover.")]
    for outcome in (Outcome.FAILED, Outcome.BROKEN):
        for verdict in steps:
            if verdict.outcome is outcome:
                return NextStep(requirement=verdict.requirement, message=verdict.message)
    return None


def blocks(verdict: Verdict) -> bool:
    """Tell whether a verdict is against the sign-off: a required check that failed or could not be measured."""
    return verdict.severity == "required" and verdict.outcome in {Outcome.FAILED, Outcome.BROKEN}


def sign_off(
    verdicts: list[Verdict], scope: Scope, *, crashed: bool
) -> Literal["accepted", "not accepted", "partial", "nothing judged"]:
    """Give the verdict on the whole run."""
    if any(map(blocks, verdicts)) or crashed:
        return "not accepted"
    if not any(verdict.outcome in MEASURED for verdict in verdicts):
        return "nothing judged"
    return "partial" if scope.partial else "accepted"


def counts(verdicts: list[Verdict]) -> dict[str, int]:
    """Count verdicts by outcome, all outcomes named."""
    found = Counter(verdict.outcome for verdict in verdicts)
    return {outcome.value: found[outcome] for outcome in Outcome}
