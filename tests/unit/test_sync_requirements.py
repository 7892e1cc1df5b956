"""The requirements of synchronisation, judged on recorded facts: each met, each unmet alone, each not measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.pair.check import CheckAnswer
from acp_acceptance.model.pair.comparison import BesideMonitor, Comparison, DifferenceGroup
from acp_acceptance.model.pair.excluded import Backup, UserObjects
from acp_acceptance.model.pair.keys import KeyGroup
from acp_acceptance.model.pair.lag import Lag
from acp_acceptance.model.pair.path import EtcdPath, Way
from acp_acceptance.model.pair.synchroniser import LeaderLease, RestartedPods, Synchroniser, SyncLog, SyncSettings
from acp_acceptance.model.platform.pods import Pod
from pairs import (
    ENABLED,
    PAIR,
    PRIMARY,
    STANDBY,
    pair_judged,
    pair_snapshot,
    plugin,
    sync_pod,
)
from platform_objects import MODULE_INFOS
from sites import TAKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judging import Verdicts

    Judge = Callable[..., Verdicts]

ALL = (
    "sync.plugin",
    "sync.plugin-settings",
    "sync.pods",
    "sync.consistent",
    "sync.after-enable",
    "sync.independent",
    "sync.independent-advised",
    "sync.lag",
    "sync.path",
    "sync.path-advised",
    "excluded-namespaces.backup",
)
GROUP = KeyGroup("configmaps", "acme", 2, ("one", "two"))
CLEAN = CheckAnswer("through the API server", 200, ("missed", "surplus"))
RECENT = datetime.fromisoformat(TAKEN)


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Judge all of them on a pair in which some facts are replaced."""

    def judged(
        *,
        standby: dict[str, Any] | None = None,
        primary: dict[str, Any] | None = None,
        pair: dict[str, Any] | None = None,
        release: str = "4.2",
        modules: dict[str, list[Any]] | None = None,
    ) -> Verdicts:
        objects = {name: {MODULE_INFOS: found} for name, found in (modules or {}).items()}
        snapshot = pair_snapshot(
            tmp_path,
            lambda site: site.update(release=release),
            objects=objects,
            sides={STANDBY: standby or {}, PRIMARY: primary or {}},
            pair=pair,
        )
        snapshot.active_allowed_by = "the test"
        return pair_judged(snapshot, *ALL)

    return judged


def only(verdicts: Verdicts, outcome: str) -> dict[str, str]:
    """Give what is not passed, which all must have one outcome, and what was said of it."""
    found = {name: verdicts[name, target] for name, target in verdicts if verdicts[name, target][0] != "passed"}
    assert {result for result, _ in found.values()} <= {outcome}, found
    return {name: said for name, (_, said) in found.items()}


@pytest.mark.parametrize("release", ["4.0", "4.1", "4.2"])
def test_a_healthy_pair_meets_all(judge: Judge, release: str) -> None:
    verdicts = judge(release=release)
    assert set(verdicts) == {(name, PAIR) for name in ALL}
    assert not only(verdicts, "passed")


def leading(**more: Any) -> Synchroniser:
    pods = (sync_pod("etcd-sync-1"), sync_pod("etcd-sync-2", minutes=30, started=None, **more))
    return Synchroniser(pods, LeaderLease("etcd-sync-1", renewed=True, seconds=15))


def test_a_healthy_pair_with_a_leader_meets_all(judge: Judge) -> None:
    assert not only(judge(release="4.3", standby={"synchroniser": leading()}), "passed")
    named = replace(leading(), lease=LeaderLease("etcd-sync-1_0b8f", renewed=True, seconds=15))
    assert not only(judge(release="4.3", standby={"synchroniser": named}), "passed")


STARTED = (sync_pod("etcd-sync-1"), sync_pod("etcd-sync-2", minutes=30))
FAILING: dict[str, tuple[str, dict[str, Any], str]] = {
    "not ready": ("sync.pods", {"standby": {"synchroniser": Synchroniser((STARTED[0], sync_pod("etcd-sync-2", minutes=30, ready=False)))}}, "etcd-sync-2: not ready"),
    "missed": ("sync.consistent", {"pair": {"check": replace(CLEAN, missed=(GROUP,), missed_total=2)}}, "missed: 2 configmaps in acme (one, two)"),
    "surplus": ("sync.consistent", {"pair": {"check": replace(CLEAN, surplus=(GROUP,), surplus_total=9)}}, "more surplus keys: 7"),
    "missed beside unknown": ("sync.consistent", {"pair": {"check": replace(CLEAN, missed=(GROUP,), missed_total=2, unknown="x")}}, "missed: 2"),
    "unconfirmed": (
        "sync.consistent",
        {"pair": {"check": replace(CLEAN, missed=(GROUP,), missed_total=2), "comparison": Comparison(1, 1, 1, monitor=BesideMonitor(unconfirmed=2, unconfirmed_names=("configmaps acme/one",)))}},
        "does not confirm 2 of them (configmaps acme/one)",
    ),
    "a lying monitor": (
        "sync.independent",
        {"pair": {"comparison": Comparison(1, 2, 0, (DifferenceGroup("missed", GROUP),), {"missed": 2}, monitor=BesideMonitor(silent=2, silent_names=("configmaps acme/one",)))}},
        "the monitor does not report 2 of them (configmaps acme/one); it is not to be trusted",
    ),
    "replaced": ("sync.independent", {"pair": {"comparison": Comparison(1, 2, 2, (DifferenceGroup("replaced", GROUP),), {"replaced": 2})}}, "another object of the same name on the standby: 2 configmaps in acme"),
    "stale": ("sync.independent", {"pair": {"comparison": Comparison(1, 2, 2, (DifferenceGroup("stale", GROUP),), {"stale": 5})}}, "more objects that differ: 3 (stale)"),
    "surplus objects": ("sync.independent", {"pair": {"comparison": Comparison(1, 2, 4, (DifferenceGroup("surplus", GROUP),), {"surplus": 2})}}, "only on the standby: 2"),
    "changed": ("sync.independent-advised", {"pair": {"comparison": Comparison(1, 2, 2, (DifferenceGroup("changed", GROUP),), {"changed": 2})}}, "changed on the standby: 2"),
    "slow": ("sync.lag", {"pair": {"lag": Lag("a", {"create": (5.0, 11_000.0, 7.0), "change": (1.0,), "delete": (1.0,)})}}, "create: median 7.0 ms, from 5.0 to 11000.0 ms"),
    "lost": ("sync.lag", {"pair": {"lag": Lag("a", {}, dict.fromkeys(("create", "change", "delete"), 1), waited=60.0)}}, "delete: not seen on the standby within 60.0 s"),
    "left": ("sync.lag", {"pair": {"lag": Lag("a", dict.fromkeys(("create", "change", "delete"), (1.0,)), left=("configmaps/acp-acceptance-canary-1",))}}, "could not be removed: configmaps/acp-acceptance-canary-1"),
    "unreached": ("sync.path", {"pair": {"etcd_path": EtcdPath({"m1": {"192.0.2.10:2379": Way("open", 4.0), "192.0.2.11:2379": Way("refused")}})}}, "m1 does not reach 192.0.2.11:2379 (refused)"),
    "distant": ("sync.path-advised", {"pair": {"etcd_path": EtcdPath({"m1": {"192.0.2.10:2379": Way("open", 44.0)}})}}, "the round trip from m1 to 192.0.2.10:2379 takes 44.0 ms"),
    "details": ("sync.plugin-settings", {"standby": {"sync_settings": SyncSettings({"print_detail_logs": "true", "checkInterval": 300}, "300")}}, "detailed logs are switched on (print_detail_logs=true)"),
    "interval": ("sync.plugin-settings", {"standby": {"sync_settings": SyncSettings({"sync.printDetailLogs": False, "sync.dataCheckInterval": 5}, "300")}}, "sync.dataCheckInterval is 5 and not the default 300"),
    "never recreated": ("sync.after-enable", {"standby": {"synchroniser": Synchroniser((sync_pod("etcd-sync-1"),))}}, "no etcd-sync Pod was recreated"),
    "not restarted": ("sync.after-enable", {"standby": {"restarted_pods": RestartedPods({"vmselect": {"vmselect-1": ENABLED}})}}, "vmselect was not restarted since synchronisation began"),
    "unsaved": ("excluded-namespaces.backup", {"primary": {"user_objects": UserObjects(9, (GROUP,), 2)}}, "no backup of 2 configmaps in acme (one, two)"),
    "an old backup": ("excluded-namespaces.backup", {"primary": {"user_objects": UserObjects(9, (GROUP,), 2, (Backup("b", RECENT - timedelta(days=8), ("acme",)),))}}, "no backup of 2"),
    "another's backup": ("excluded-namespaces.backup", {"primary": {"user_objects": UserObjects(9, (GROUP,), 2, (Backup("b", RECENT, ("*",), ("acme",)),))}}, "no backup of 2"),
    "more unsaved": ("excluded-namespaces.backup", {"primary": {"user_objects": UserObjects(9, (GROUP,), 5, (Backup("b", RECENT, ()),))}}, "more objects without a known backup: 3"),
    "no plugin": ("sync.plugin", {"modules": {STANDBY: [plugin("logging")]}}, "the standby has no plugin etcd-sync"),
    "plugin on both": ("sync.plugin", {"modules": {PRIMARY: [plugin("etcd-sync")]}}, "the primary has it, too: "),
    "Pods on the primary": ("sync.plugin", {"primary": {"synchroniser": Synchroniser((sync_pod("etcd-sync-9"),))}}, "the primary has it, too: etcd-sync-9"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILING)
def test_each_is_unmet_alone(judge: Judge, case: str) -> None:
    name, change, said = FAILING[case]
    found = only(judge(**change), "failed")
    assert list(found) == [name]
    assert said in found[name]


def test_without_pods_synchronisation_neither_runs_nor_was_anything_recreated(judge: Judge) -> None:
    done = replace(sync_pod("job"), pod=Pod("job", "Succeeded", since=ENABLED))
    verdicts = judge(standby={"synchroniser": Synchroniser((done,))})
    assert verdicts["sync.pods", PAIR][0] == "failed"
    assert "no Pod of the synchroniser" in verdicts["sync.pods", PAIR][1]


def test_no_log_that_shows_the_start_fails(judge: Judge) -> None:
    verdicts = judge(standby={"synchroniser": Synchroniser((sync_pod("etcd-sync-1", started=None),))})
    assert 'no log shows "Start Sync update" (etcd-sync-1)' in verdicts["sync.pods", PAIR][1]


@pytest.mark.parametrize(
    ("lease", "outcome", "said"),
    [
        (LeaderLease(""), "failed", "no Pod leads"),
        (None, "failed", "no Pod leads"),
        (LeaderLease("etcd-sync-9", renewed=True), "failed", "held by etcd-sync-9, which is no Pod"),
        (LeaderLease("etcd-sync-1", renewed=False, seconds=15), "failed", "did not renew its Lease within 15 s"),
        (LeaderLease("etcd-sync-2", renewed=True, seconds=15), "failed", 'neither "Acquired leader lease"'),
    ],
)
def test_a_leader_must_lead(judge: Judge, lease: LeaderLease | None, outcome: str, said: str) -> None:
    verdicts = judge(release="4.3", standby={"synchroniser": replace(leading(), lease=lease)})
    assert verdicts["sync.pods", PAIR][0] == outcome
    assert said in verdicts["sync.pods", PAIR][1]


NOT_READ = Problem("forbidden", "you may not")
OLD_LOG = replace(sync_pod("etcd-sync-1", started=None, whole=False), workload_since=None)
BROKEN: dict[str, tuple[set[str], dict[str, Any], str]] = {
    "the monitor": ({"sync.consistent"}, {"pair": {"check": NOT_READ}}, "you may not"),
    "nothing": ({"sync.consistent"}, {"pair": {"check": replace(CLEAN, headers=())}}, "it is empty"),
    "half": ({"sync.consistent"}, {"pair": {"check": replace(CLEAN, headers=("missed",))}}, "surplus keys"),
    "html": ({"sync.consistent"}, {"pair": {"check": replace(CLEAN, unknown="the line <html>")}}, "the line <html>"),
    "500": ({"sync.consistent"}, {"pair": {"check": replace(CLEAN, status=500, unknown="HTTP status 500")}}, "HTTP status 500"),
    "the comparison": ({"sync.independent", "sync.independent-advised"}, {"pair": {"comparison": NOT_READ}}, "you may not"),
    "a kind": ({"sync.independent", "sync.independent-advised"}, {"pair": {"comparison": Comparison(2, 5, 5, unlisted={"secrets": "you may not"})}}, "secrets: you may not"),
    "nothing compared": ({"sync.independent", "sync.independent-advised"}, {"pair": {"comparison": Comparison(2, 0, 0)}}, "nothing was compared"),
    "no lag": ({"sync.lag"}, {"pair": {"lag": Lag("a", stopped="you may not")}}, "you may not"),
    "half a lag": ({"sync.lag"}, {"pair": {"lag": Lag("a", {"create": (1.0,)})}}, "change, delete was not measured"),
    "no address": ({"sync.path", "sync.path-advised"}, {"pair": {"etcd_path": EtcdPath(unknown="write vip")}}, "write vip"),
    "no node": ({"sync.path", "sync.path-advised"}, {"pair": {"etcd_path": EtcdPath()}}, "no control plane node"),
    "one node": ({"sync.path", "sync.path-advised"}, {"pair": {"etcd_path": EtcdPath({"m1": {"a:2379": Way("open", 1.0)}}, {"m2": "no bash"})}}, "m2 could not try the primary's etcd: no bash"),
    "a rotated log": ({"sync.pods", "sync.after-enable"}, {"standby": {"synchroniser": Synchroniser((OLD_LOG,))}}, ""),
    "a log": ({"sync.pods", "sync.after-enable"}, {"standby": {"synchroniser": Synchroniser((replace(OLD_LOG, log=SyncLog(problem="you may not")),))}}, ""),
    "the Pods": ({"sync.pods", "sync.after-enable"}, {"standby": {"synchroniser": NOT_READ}}, "you may not"),
    "names of settings": ({"sync.plugin-settings"}, {"standby": {"sync_settings": SyncSettings({"x": 1})}}, "is not known: it has x"),
    "the default": ({"sync.plugin-settings"}, {"standby": {"sync_settings": SyncSettings({"printDetailLogs": False, "dataCheckInterval": 300})}}, "dr.data_check_interval"),
    "users' objects": ({"excluded-namespaces.backup"}, {"primary": {"user_objects": UserObjects(9, unlisted={"secrets": "no"})}}, "secrets: no"),
    "no objects": ({"excluded-namespaces.backup"}, {"primary": {"user_objects": UserObjects()}}, "nothing at all"),
    "Pods of the primary": ({"sync.plugin"}, {"primary": {"synchroniser": NOT_READ}}, "you may not"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_was_not_measured_is_broken(judge: Judge, case: str) -> None:
    names, change, said = BROKEN[case]
    found = only(judge(**change), "broken")
    assert set(found) == names
    assert all(said in words for words in found.values())


def test_a_pod_that_was_recreated_when_logs_tell_no_beginning_counts_by_its_age(judge: Judge) -> None:
    restarted = replace(sync_pod("etcd-sync-1"), restarts=2)
    later = sync_pod("etcd-sync-2", minutes=60, started=None)
    assert not only(judge(standby={"synchroniser": Synchroniser((restarted, later))}), "passed")
    early = sync_pod("etcd-sync-2", started=None)
    found = only(judge(standby={"synchroniser": Synchroniser((restarted, early))}), "broken")
    assert "no log shows when synchronisation began" in found["sync.after-enable"]


def test_a_whole_second_generation_was_recreated(judge: Judge) -> None:
    pods = (sync_pod("etcd-sync-3", minutes=600), sync_pod("etcd-sync-4", minutes=600))
    verdicts = judge(standby={"synchroniser": Synchroniser(pods), "restarted_pods": RestartedPods({})})
    assert not only(verdicts, "passed")


def test_a_pod_that_was_recreated_before_synchronisation_began_does_not_count(judge: Judge) -> None:
    first = sync_pod("etcd-sync-1", started=ENABLED + timedelta(hours=2))
    later = sync_pod("etcd-sync-2", minutes=60, started=None)
    found = only(
        judge(standby={"synchroniser": Synchroniser((first, later)), "restarted_pods": RestartedPods({})}), "failed"
    )
    assert list(found) == ["sync.after-enable"]
    # With a leader, the first Pod may only have taken over from one that is gone.
    lease = LeaderLease("etcd-sync-1", renewed=True, transitions=1)
    taken_over = {"synchroniser": Synchroniser((first, later), lease), "restarted_pods": RestartedPods({})}
    assert not only(judge(release="4.3", standby=taken_over), "passed")


def test_settings_that_nobody_changed_are_the_usual_ones(judge: Judge) -> None:
    assert not only(judge(standby={"sync_settings": SyncSettings({})}), "passed")


def test_lag_is_measured_only_where_that_is_allowed(tmp_path: Path) -> None:
    assert pair_judged(pair_snapshot(tmp_path), "sync.lag")["sync.lag", PAIR][0] == "not_applicable"
