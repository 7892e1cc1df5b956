"""From what a test did to a verdict, and to a report that pytest, JUnit and Allure show as that."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable
from acp_acceptance.plugin.testids import check_in
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.problems import unmeasured_message
from acp_acceptance.reporting.results import Finding, Outcome, Verdict
from acp_acceptance.reporting.waiving import waive
from acp_acceptance.requirements.judging import OwedRequirement, Unmet
from acp_acceptance.requirements.messages import Speaker

if TYPE_CHECKING:
    from acp_acceptance.model.measurement import ProblemKind
    from acp_acceptance.plan import PlannedCheck
    from acp_acceptance.plugin.acceptance import Acceptance
    from acp_acceptance.reporting.results import CoveringWaiver


def verdict_on(
    check: PlannedCheck, item: pytest.Item, call: pytest.CallInfo[None], acceptance: Acceptance
) -> Verdict | None:
    """Give the verdict that one phase of a test decides; ``None`` where a later phase will."""
    error = call.excinfo.value if call.excinfo else None
    if error is None and call.when != "call":
        return None
    requirement = getattr(item, "funcargs", {}).get("requirement")
    verdict = Verdict(
        requirement=check.requirement.id,
        kind=check.target.kind,
        target=check.target.name,
        severity=check.requirement.severity,
        outcome=Outcome.PASSED,
        test=item.nodeid,
        seconds=round(call.duration, 4),
    )
    if isinstance(requirement, OwedRequirement):
        verdict.values, verdict.evidence = dict(requirement.values), requirement.evidence
    if isinstance(error, Unmet):
        verdict.outcome = Outcome.FAILED
        verdict.findings = [Finding(sentence=item.sentence, observed=item.observed) for item in error.findings]
        findings = [finding.model_dump() for finding in verdict.findings]
        speaker = Speaker(acceptance.catalogue, acceptance.inventory.site.release, "en")
        verdict.message = speaker.message(verdict.requirement, verdict.target, findings, verdict.values)
    elif isinstance(error, pytest.skip.Exception):
        verdict.outcome, verdict.reason = Outcome.NOT_APPLICABLE, printable(str(error))
    elif error is not None:
        verdict.outcome = Outcome.BROKEN
        verdict.problem, verdict.reason = _why_broken(error)
        verdict.message = unmeasured_message(verdict, "en")
    today = datetime.now(timezone.utc).date()
    waive(verdict, acceptance.waivers, today, unmeasured=check.requirement.waivable_unmeasured)
    return verdict


def verdict_on_own(
    item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None], target: str
) -> Verdict | None:
    """Give the verdict of a site's own check on a node; ``None`` where a later phase will."""
    if report.when != "call" and report.passed:
        return None
    error = call.excinfo.value if call.excinfo else None
    outcome, reason, problem = Outcome.PASSED, "", ""
    if report.skipped:
        outcome, reason = Outcome.NOT_APPLICABLE, printable(str(error))
    elif report.failed:
        unmet = isinstance(error, AssertionError) and report.when == "call"
        outcome = Outcome.FAILED if unmet else Outcome.BROKEN
        problem, reason = ("", printable(str(error))) if unmet else _why_broken(error)
    verdict = Verdict(
        requirement=check_in(item.nodeid, target),
        kind="node",
        target=target,
        severity="advised" if item.get_closest_marker("advised") else "required",
        outcome=outcome,
        own=True,
        reason=reason,
        problem=problem,
        message=f"{target}: {reason}" if outcome is Outcome.FAILED else "",
        test=item.nodeid,
        seconds=round(call.duration, 4),
    )
    if outcome is Outcome.BROKEN:
        verdict.message = unmeasured_message(verdict, "en")
    return verdict


def without_source(found: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """Give what pytest shows as the words alone: reading the source around it takes longer than the whole check."""
    told = pytest.fail.Exception(str(found.value), pytrace=False)
    return pytest.ExceptionInfo.from_exception(told.with_traceback(found.tb))


def show(report: pytest.TestReport, verdict: Verdict, acceptance: Acceptance, *, measured_nothing: bool) -> None:
    """Make a pytest report show a verdict.

    Args:
        report: is changed; its ``acp_verdict`` survives pytest-xdist.
        verdict: what it shows.
        acceptance: the run, for the language of the message.
        measured_nothing: the check itself is not at fault, so that pytest's traceback helps nobody.
    """
    report.acp_verdict = verdict.model_dump(mode="json")  # type: ignore[attr-defined]
    if verdict.outcome is Outcome.FAILED and not verdict.own:
        speaker = Speaker(acceptance.catalogue, acceptance.inventory.site.release, acceptance.language)
        findings = [finding.model_dump() for finding in verdict.findings]
        message = speaker.message(verdict.requirement, verdict.target, findings, verdict.values)
        report.longrepr = message + _expired(verdict.waiver, acceptance)
    elif verdict.outcome is Outcome.BROKEN:
        # JUnit calls what happens before the test itself an error, which is what this is: the check did not come about.
        report.when = "setup"
        if not verdict.own or measured_nothing:
            report.longrepr = unmeasured_message(verdict, acceptance.language)
    elif verdict.outcome is Outcome.WAIVED and verdict.waiver is not None:
        waiver = verdict.waiver
        report.outcome = "skipped"
        report.wasxfail = phrase(
            "waived-until", acceptance.language, expires=waiver.expires, owner=waiver.owner, reason=waiver.reason
        )


def status_of(verdict: dict[str, Any]) -> tuple[str, str, str] | None:
    """Give pytest's category, letter and word for a verdict; ``None`` where pytest's own are right."""
    match verdict["outcome"]:
        case "broken":
            return "error", "E", "BROKEN"
        case "waived":
            return "xfailed", "w", "WAIVED"
        case "not_applicable":
            return "skipped", "s", "NOT APPLICABLE"
    return None


def _expired(waiver: CoveringWaiver | None, acceptance: Acceptance) -> str:
    if waiver is None:
        return ""
    return f" ({phrase('waiver-expired', acceptance.language, owner=waiver.owner, expires=waiver.expires)})"


def _why_broken(error: BaseException | None) -> tuple[str, str]:
    """Give the kind of what stood in the way, and what was seen of it."""
    if isinstance(error, CollectionError):
        # Not what was said of it: a fixture's error is raised again for every test that asks for it.
        return error.kind, printable(error.reason, limit=1000)
    kind: ProblemKind = "check-failed"
    return kind, printable(f"{type(error).__name__}: {error}", limit=1000)
