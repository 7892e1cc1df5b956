"""Synchronisation between two real clusters: a healthy pair, and each fault of the lab, which turns its requirement red."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from acp_acceptance.collect.pair import canary, consistency
from acp_acceptance.collect.pair.steps import ACTIVE_STEPS, PAIR_STEPS, SIDE_STEPS
from acp_acceptance.collect.pair.subjects import Both, Seal, Side
from acp_acceptance.collect.platform.access import from_kubeconfig
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.collector import PlatformCollector
from acp_acceptance.collect.platform.resources import LISTINGS
from acp_acceptance.collect.side_by_side import do_all, do_here
from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.requirements import load_catalogue
from judging import judged_here
from lab.pair import Pair
from lab.pair.faults import sync
from planes import runnable
from sites import snapshot_of_site
from suite import judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judging import Verdicts
    from lab.pair.faults import Fault

RELEASE = "4.3"
SETTLE = 1.5
DEADLINE = 6.0
NODES = ("sync.path", "sync.path-advised")
"""Asked on nodes: judged by a run of the whole suite."""

JUDGED = tuple(
    name.removeprefix("dr.")
    for name in load_catalogue().releases[RELEASE].requirements
    if name.startswith(("dr.sync.", "dr.excluded-namespaces."))
)
MODULES = [item for item in LISTINGS if item.fact == "module_infos"]


@dataclass
class Site:
    """A pair, and what is judged of its synchronisation in this process."""

    pair: Pair
    inventory: Path
    lag: Any = None

    def judge(self, *, active: bool = False) -> Verdicts:
        """Collect what synchronisation needs, and judge it."""
        snapshot = snapshot_of_site(self.inventory)
        snapshot.active_allowed_by = "the test" if active else ""
        found = load_inventory(self.inventory, releases=list(load_catalogue().releases))
        sides = {}
        for name, cluster in found.site.clusters.items():
            assert cluster.kubeconfig is not None
            access = from_kubeconfig(str(cluster.kubeconfig), None)
            facts = PlatformFacts(name, PlatformCollector(name, access, 30).listed(MODULES, lambda *_: None))
            snapshot.targets["platform", name] = facts
            sides[cluster.role] = Side(found, cluster, Api(access, DEADLINE), DEADLINE, facts, {}, _no_node, Seal())
        primary, standby = (sides[role] for role in sorted(sides, key=str))
        both = Both(primary, standby, snapshot.active_allowed_by)
        for side in both.sides:
            facts_of_side = do_all(SIDE_STEPS, side, 120)
            snapshot.targets["side", side.cluster.name] = SideFacts(side.cluster.name, facts_of_side)
        wanted = [step for step in PAIR_STEPS if {"check", "comparison"} & set(step.facts)]
        together = {**do_all(wanted, both, 120), **(do_here(ACTIVE_STEPS, both) if active else {})}
        plan = found.site.dr
        assert plan is not None
        snapshot.targets["pair", plan.name] = PairFacts(plan.name, together)
        self.lag = together.get("lag")
        return judged_here(snapshot, [name for name in JUDGED if name not in NODES], "dr")


def _no_node(*_: object) -> Any:
    raise CollectionError("the test asks no node")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A healthy pair; looking again waits shorter than it does between real sites."""
    pair = Pair(release=RELEASE, say=lambda _line: None)
    runnable(cast("Any", pair))
    patch, usual = pytest.MonkeyPatch(), consistency.release_values

    def hasty(both: Both, *requirement: str) -> dict[str, Any]:
        return {**usual(both, *requirement), "settle_seconds": SETTLE, "rounds": 1}

    for module in (consistency, canary):
        patch.setattr(module, "release_values", hasty)
    with pair:
        folder = tmp_path_factory.mktemp("synchronisation")
        file = pair.write_inventory(folder)
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        block = {"canary_namespace": pair.namespaces[0], "data_check_interval": 300}
        document["all"]["vars"]["acp"]["dr"] = block
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        yield Site(pair, file)
    patch.undo()


def names(found: set[tuple[str, str]]) -> set[str]:
    return {name for name, _ in found}


def test_a_healthy_pair_meets_all_in_a_run_of_the_suite(site: Site, tmp_path: Path) -> None:
    # A test before this one may have installed the plugin anew.
    for service in ("cpaas-elasticsearch", "alertmanager", "vmselect", "vminsert"):
        site.pair.standby.restart(f"service_name={service}")
    run = judged(
        tmp_path,
        "--acp-stage=dr",
        "--acp-inventory",
        site.inventory,
        "--acp-active",
        inside=site.pair.inside,
        environment={"ACP_REGISTRY_PASSWORD": site.pair.primary.shared.registry_password},
    )
    outcomes = {name.removeprefix("dr."): outcome for (name, _), outcome in run.outcomes().items()}
    assert {name: outcomes[name] for name in JUDGED} == dict.fromkeys(JUDGED, "passed"), run.output
    selector = ("get", "configmaps", "-A", "-l", "acp-acceptance/canary", "-o", "name")
    assert [side.cluster.kubectl(*selector) for side in site.pair.sides.values()] == ["", ""]


NOT_TRIED = {
    # From 4.3 on a leader's log need only show that it leads (acp-resources).
    "mirror-never-starts",
    # Each is told as another one here is.
    "plugin-missing",
    "plugin-failed",
    "mirror-unready",
    "missed-keys",
    "surplus-keys",
    "monitor-says-nothing",
    "monitor-says-another-thing",
    "monitor-fails",
}
CHOSEN = [fault for fault in sync.FAULTS if fault.name not in NOT_TRIED]
WITH = {"sync.plugin": {"sync.plugin-settings"}}
"""Without a module there are no settings."""


@pytest.mark.parametrize("fault", CHOSEN, ids=lambda fault: fault.name)
def test_a_fault_turns_its_requirement_red_and_no_other(site: Site, fault: Fault) -> None:
    with site.pair.fault(fault.name):
        verdicts = site.judge(active=fault.active)
    mine, others = fault.requirement.removeprefix("dr."), {name.removeprefix("dr.") for name in fault.also}
    others |= WITH.get(mine, set())
    # Where the plugin was installed anew, what depends on it was not restarted since.
    bad = names(verdicts.with_outcome("failed", "broken")) - ({"sync.after-enable"} - {mine})
    assert bad - {mine} <= others, verdicts
    assert mine in names(verdicts.with_outcome("broken" if fault.breaks else "failed")), verdicts


def test_a_lying_monitor_is_named(site: Site) -> None:
    with site.pair.fault("monitor-lies"):
        verdicts = site.judge()
    assert "it is not to be trusted" in verdicts.said()
    assert "configmaps acme/settings-0" in verdicts.said()


def test_a_measured_lag_is_the_delay_of_the_mirror(site: Site) -> None:
    milliseconds = 1500
    plugin = site.pair.standby.plugin
    plugin.control("etcd-sync", "delay", str(milliseconds))
    try:
        verdicts = site.judge(active=True)
    finally:
        plugin.control("etcd-sync", "delay", "")
    assert "sync.lag" in names(verdicts.with_outcome("passed"))
    measured = [time for times in site.lag.milliseconds.values() for time in times]
    # Never shorter than it is; how much longer, a busy machine decides.
    assert len(measured) == 3
    assert min(measured) >= milliseconds, measured
    assert min(measured) < 2 * milliseconds, measured
