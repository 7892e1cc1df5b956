"""Keeping the record while a run goes on, and comparing at its end what was planned with what was reported."""

from __future__ import annotations

import getpass
import platform
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from acp_acceptance import __version__
from acp_acceptance.inventory import Waivers
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.plan import questions_of
from acp_acceptance.reporting.measurements import measurements
from acp_acceptance.reporting.results import (
    AskedQuestion,
    JudgedCluster,
    Outcome,
    Results,
    Run,
    Scope,
    Site,
    Verdict,
    counts,
    next_step,
    sign_off,
)
from acp_acceptance.reporting.waiving import recorded_waivers
from acp_acceptance.requirements.messages import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acp_acceptance.inventory import Inventory
    from acp_acceptance.model.platform import PlatformFacts
    from acp_acceptance.model.snapshot import Snapshot
    from acp_acceptance.plan import PlannedCheck, Target
    from acp_acceptance.requirements.catalogue import Catalogue


@dataclass
class Record:
    """The verdicts of a run, as the controlling process receives them.

    Attributes:
        stages: that were chosen.
        offline: judged from a recorded snapshot.
        waivers: that were given to the run.
        verdicts: by requirement, kind and name of the target.
        own_checks: ids of a site's own checks that were collected, with their target's name.
        interrupted: Ctrl-C.
        stopped: why no more tests were run (``-x``); empty where all were.
        crashed: a worker process died.
    """

    stages: list[str]
    offline: bool
    waivers: Waivers = field(default_factory=Waivers)
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    verdicts: dict[tuple[str, str, str], Verdict] = field(default_factory=dict)
    own_checks: dict[str, tuple[str, str]] = field(default_factory=dict)
    interrupted: bool = False
    stopped: str = ""
    crashed: bool = False

    def add(self, document: dict[str, Any]) -> None:
        """Take a verdict that a test gave."""
        verdict = Verdict.model_validate(document)
        self.verdicts[verdict.key] = verdict

    def results(
        self,
        planned: Iterable[PlannedCheck],
        selected: set[Target],
        inventory: Inventory,
        catalogue: Catalogue,
        snapshot: Snapshot,
    ) -> Results:
        """Compare the plan with what was reported, and close the record."""
        plan = list(planned)
        verdicts = [self._settled(check, selected) for check in plan]
        verdicts += [verdict for verdict in self.verdicts.values() if verdict.own]
        verdicts += self._own_not_run()
        site = inventory.site
        scope = self._scope(verdicts, plan, selected)
        scope.phase = site.dr.phase if site.dr and "dr" in self.stages else ""
        return Results(
            verdict=sign_off(verdicts, scope, crashed=self.crashed),
            run=Run(
                started=self.started.isoformat(timespec="seconds"),
                started_local=self.started.astimezone().isoformat(timespec="seconds"),
                finished=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                user=current_user(),
                runner=platform.node(),
                tool=__version__,
                offline=self.offline,
                snapshot_taken=snapshot.taken,
                interrupted=self.interrupted,
                crashed=self.crashed,
                active=bool(snapshot.active_allowed_by),
                active_allowed_by=snapshot.active_allowed_by,
            ),
            site=Site(
                name=site.name,
                release=site.release,
                release_verified=catalogue.releases[site.release].verified,
                topology=site.topology.value if site.topology else None,
                customer=site.customer,
                contract=site.contract,
            ),
            scope=scope,
            counts=counts(verdicts),
            verdicts=verdicts,
            questions=_questions(inventory, catalogue, self.stages),
            measurements=measurements(snapshot),
            next_step=next_step(verdicts),
            clusters=_clusters(inventory, snapshot),
            waivers=recorded_waivers(self.waivers, verdicts, self.started.date()),
        )

    def _settled(self, check: PlannedCheck, selected: set[Target]) -> Verdict:
        reported = self.verdicts.get(check.key)
        if reported is not None:
            return reported
        if check.excluded:
            outcome, reason = Outcome.NOT_APPLICABLE, check.excluded
        else:
            outcome, reason = Outcome.NOT_RUN, self._why_not_run(selected=check.target in selected)
        return Verdict(
            requirement=check.requirement.id,
            kind=check.target.kind,
            target=check.target.name,
            severity=check.requirement.severity,
            outcome=outcome,
            reason=reason,
        )

    def _own_not_run(self) -> list[Verdict]:
        ran = {verdict.test for verdict in self.verdicts.values() if verdict.own}
        return [
            Verdict(
                requirement=check,
                kind="node",
                target=target,
                severity="required",
                outcome=Outcome.NOT_RUN,
                own=True,
                reason=self._why_not_run(selected=True),
                test=test,
            )
            for test, (check, target) in self.own_checks.items()
            if test not in ran
        ]

    def _why_not_run(self, *, selected: bool) -> str:
        if not selected:
            return "its target was not among the chosen ones (--hosts)"
        if self.interrupted:
            return "the run was interrupted"
        if self.crashed:
            return "the process that ran it died"
        return self.stopped or "it was not selected (-k, -m, --lf or a part of the tests)"

    def _scope(self, verdicts: list[Verdict], plan: list[PlannedCheck], selected: set[Target]) -> Scope:
        owing = {check.target for check in plan if not check.excluded}
        left = {(verdict.kind, verdict.target) for verdict in verdicts if verdict.outcome is Outcome.NOT_RUN}
        judged = sum((target.kind, target.name) not in left for target in owing)
        why = []
        if not plan:
            why.append("no requirement of the suite was run, only the site's own checks")
        if any(target not in selected for target in owing):
            why.append(f"{len(owing & selected)} of {len(owing)} targets")
        chosen = {(target.kind, target.name) for target in selected}
        not_run = sum(verdict.outcome is Outcome.NOT_RUN and verdict.key[1:] in chosen for verdict in verdicts)
        if not_run:
            why.append(f"{not_run} checks of the chosen targets were not run")
        return Scope(stages=self.stages, targets=len(owing), judged_targets=judged, partial=why)


def _questions(inventory: Inventory, catalogue: Catalogue, stages: list[str]) -> list[AskedQuestion]:
    release = catalogue.releases[inventory.site.release]
    speaker = Speaker(catalogue, release.release, "en")
    asked = [(item, release.questions[item.id]) for item in questions_of(inventory, catalogue, stages)]
    return [AskedQuestion(id=item.id, values=values, text=speaker.question(item, values)) for item, values in asked]


def _clusters(inventory: Inventory, snapshot: Snapshot) -> list[JudgedCluster]:
    """Tell which installed clusters were read; one that was not has no place in the record's head."""
    judged = []
    for name in inventory.site.clusters:
        facts = snapshot.targets.get(("platform", name))
        with suppress(CollectionError):
            server = cast("PlatformFacts", facts).api_server if facts else None
            if server:
                judged.append(
                    JudgedCluster(name=name, server=server.server, version=server.version, nodes=server.nodes)
                )
    return judged


def current_user() -> str:
    """Tell who runs the suite."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return "unknown"
