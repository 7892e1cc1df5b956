"""Judging a snapshot in this process, where a run of the whole suite for each fault would take too long."""

from __future__ import annotations

import importlib
import inspect
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from acp_acceptance.inventory import ClusterRole, Inventory, Role
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.domain import views_of
from acp_acceptance.model.platform.isolation import IsolationMarks
from acp_acceptance.plan import NotApplicableError, item_of, items_in, make_plan, owed
from acp_acceptance.plugin.recovery import active_in, fronts_of
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.catalogue import LANGUAGES
from acp_acceptance.requirements.judging import Unmet
from acp_acceptance.requirements.messages import Speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from acp_acceptance.model.pair.domain import View
    from acp_acceptance.model.snapshot import Snapshot
    from acp_acceptance.plan import PlannedCheck, Target
    from acp_acceptance.requirements.judging import OwedRequirement

ROOT = Path(__file__).parent.parent


class Verdicts(dict[tuple[str, str], tuple[str, str]]):
    """Outcome and what is said in English, by requirement (without its stage) and target."""

    def with_outcome(self, *outcomes: str) -> set[tuple[str, str]]:
        """Give requirement and target of those that have one of these outcomes."""
        return {key for key, (outcome, _) in self.items() if outcome in outcomes}

    def said(self) -> str:
        """Give all that is said."""
        return "\n".join(said for _, said in self.values())


def judged_here(snapshot: Snapshot, requirements: Iterable[str], stage: str = "postinstall") -> Verdicts:
    """Judge requirements of a stage after the installation, by the tests that a run of the suite would run."""
    inventory = Inventory.model_validate(snapshot.site)
    wanted = {f"{stage}.{name}" for name in requirements}
    verdicts = Verdicts()
    active = bool(snapshot.active_allowed_by)
    for check in make_plan(inventory, load_catalogue(), [stage], snapshot, active=active):
        if check.requirement.id in wanted:
            key = (check.requirement.id.partition(".")[2], check.target.name)
            verdicts[key] = (
                ("not_applicable", check.excluded) if check.excluded else _verdict(check, inventory, snapshot)
            )
    return verdicts


def _verdict(check: PlannedCheck, inventory: Inventory, snapshot: Snapshot) -> tuple[str, str]:
    target = check.target
    platform: Any = snapshot.of("platform", target.cluster)
    cluster: Any = snapshot.of("cluster", target.cluster)
    requirement: OwedRequirement | None = None
    try:
        requirement = owed(check.requirement, target, inventory, load_catalogue(), snapshot)
        nouns: dict[str, Callable[[], Any]] = {
            "requirement": lambda: requirement,
            "platform": lambda: platform,
            "found": lambda: item_of(target, items_in(snapshot, target.cluster, target.kind)),
            "layout": lambda: cluster.layout,
            "taken": lambda: datetime.fromisoformat(snapshot.taken),
            "isolation_marks": lambda: _marks(inventory),
            **_nouns_of_pair(target, inventory, snapshot),
        }
        test = _tests()[check.requirement.id]
        test(**{name: nouns[name]() for name in inspect.signature(test).parameters})
        requirement.conclude()
    except NotApplicableError as reason:
        return "not_applicable", str(reason)
    except CollectionError as error:
        # What was found before it broke off is a failure all the same.
        found = requirement is not None and requirement.findings
        return ("failed", _said(check, inventory, requirement)) if found else ("broken", str(error))
    except Unmet:
        return "failed", _said(check, inventory, requirement)
    return "passed", ""


def _planned(cluster: str, snapshot: Snapshot) -> Any:
    facts: Any = snapshot.of("cluster", cluster)
    return facts.planned


def _views(inventory: Inventory, snapshot: Snapshot) -> list[View]:
    plan = inventory.site.dr
    assert plan is not None
    pair: Any = snapshot.of("pair", plan.name)
    platforms: Any = [snapshot.of("platform", name) for name in (plan.primary, plan.standby)]
    nodes: Any = {node.name: snapshot.of("node", node.name) for node in inventory.nodes}
    return views_of(pair.domain_here, platforms, nodes)


def _nouns_of_pair(target: Target, inventory: Inventory, snapshot: Snapshot) -> dict[str, Callable[[], Any]]:
    """Give what the fixtures of stage dr give."""
    plan = inventory.site.dr
    if plan is None:
        return {}
    clusters = {ClusterRole.PRIMARY: plan.primary, ClusterRole.STANDBY: plan.standby}
    nouns: dict[str, Callable[[], Any]] = {
        "recovery": lambda: plan,
        "pair": lambda: snapshot.of("pair", plan.name),
        "side": lambda: snapshot.of("side", target.cluster),
        "standby_nodes": lambda: {
            node.name: snapshot.of("node", node.name) for node in inventory.nodes if node.cluster == plan.standby
        },
        "switched": lambda: plan.switched_at,
        "to_be_active": lambda: active_in(plan),
        "fronts": lambda: fronts_of(inventory),
        "views": lambda: _views(inventory, snapshot),
        "installations": lambda: {name: _planned(name, snapshot) for name in clusters.values()},
        "package_architecture": lambda: inventory.site.package.architecture or "",
        "nodes_by_cluster": lambda: {
            name: {node.name: snapshot.of("node", node.name) for node in inventory.nodes if node.cluster == name}
            for name in clusters.values()
        },
        "control_plane": lambda: {
            node.name: snapshot.of("node", node.name)
            for name in clusters.values()
            for node in inventory.nodes
            if node.cluster == name and Role.CONTROL_PLANE in node.roles
        },
    }
    for role, name in clusters.items():
        nouns[f"{role.value}_side"] = lambda name=name: snapshot.of("side", name)
        nouns[f"{role.value}_platform"] = lambda name=name: snapshot.of("platform", name)
    return nouns


def _marks(inventory: Inventory) -> IsolationMarks:
    isolation = inventory.site.isolation
    assert isolation is not None
    return IsolationMarks(isolation.taints, isolation.labels)


def _said(check: PlannedCheck, inventory: Inventory, requirement: Any) -> str:
    """Say a failure in English, after it was said in all languages: no name of a value may be left in a sentence."""
    findings = [{"sentence": item.sentence, "observed": item.observed} for item in requirement.findings]
    said = []
    for language in LANGUAGES:
        speaker = Speaker(load_catalogue(), inventory.site.release, language)
        said.append(speaker.message(check.requirement.id, check.target.name, findings, requirement.values))
    assert not [text for text in said if re.search(r"\{\w+\}", text)], said
    return said[0]


def _tests() -> dict[str, Callable[..., None]]:
    """Give the suite's own tests by the requirement that each verifies."""
    if not _FOUND:
        for file in sorted(path for name in ("postinstall", "dr") for path in ROOT.glob(f"tests_{name}/test_*.py")):
            module = importlib.import_module(f"{file.parent.name}.{file.stem}")
            for value in vars(module).values():
                for name in getattr(value, "verifies", ()):
                    _FOUND[name] = cast("Callable[..., None]", value)
    return _FOUND


_FOUND: dict[str, Callable[..., None]] = {}
