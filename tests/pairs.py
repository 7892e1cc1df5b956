"""Snapshots of a disaster recovery pair, made of recorded objects: two healthy clusters, and what a test changes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import yaml

from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.check import CheckAnswer
from acp_acceptance.model.pair.comparison import BesideMonitor, Comparison
from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.excluded import UserObjects
from acp_acceptance.model.pair.identity import Identity
from acp_acceptance.model.pair.lag import Lag
from acp_acceptance.model.pair.path import EtcdPath, Way
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.pair.synchroniser import RestartedPods, Synchroniser, SyncLog, SyncPod, SyncSettings
from acp_acceptance.model.platform.pods import Container, Pod
from acp_acceptance.requirements import load_catalogue
from judging import judged_here
from platform_objects import MODULE_INFOS, NODES, facts_of, healthy_objects, module, node
from sites import snapshot_of_site
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acp_acceptance.inventory import Inventory
    from acp_acceptance.model.snapshot import Snapshot
    from judging import Verdicts

PRIMARY, STANDBY = "primary-global", "standby-global"
PAIR = f"{PRIMARY}+{STANDBY}"
DOMAIN = "acp.example.com"
VIPS = {PRIMARY: "192.0.2.10", STANDBY: "198.51.100.10"}
NETWORKS = {PRIMARY: "192.0.2", STANDBY: "198.51.100"}
LABELS = {"cpaas.io/module-type": "plugin"}


def pair_file(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _site: None) -> Path:
    """Write the example of a pair, after a change of the site's block."""
    document = yaml.safe_load((ROOT / "inventories" / "multi-cluster-dr.yml").read_text(encoding="utf-8"))
    change(document["all"]["vars"]["acp"])
    file = folder / "pair.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def pair_inventory(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _site: None) -> Inventory:
    """Read it."""
    return load_inventory(pair_file(folder, change), releases=list(load_catalogue().releases))


def plugin(name: str, version: str = "v4.2.1") -> dict[str, Any]:
    """Give the ModuleInfo of a cluster plugin."""
    found = module(name, version)
    found["metadata"]["labels"] |= LABELS
    return found


def side_objects(cluster: str) -> dict[str, Any]:
    """Give all objects of one healthy side, by path."""
    nodes = [node(f"{cluster}-m{number}", f"{NETWORKS[cluster]}.{10 + number}") for number in (1, 2, 3)]
    plugins = [plugin("logging"), *([plugin("etcd-sync")] if cluster == STANDBY else [])]
    return {**healthy_objects(), NODES: nodes, MODULE_INFOS: [module("base"), *plugins]}


def side_facts(cluster: str) -> dict[str, Any]:
    """Give what only disaster recovery asks of one healthy side."""
    found: dict[str, Any] = {
        "identity": Identity(f"uid-of-{cluster}", cluster),
        "synchroniser": Synchroniser(),
        "sync_settings": Problem("absent", f"there is no ModuleInfo of etcd-sync in {cluster}"),
        "restarted_pods": RestartedPods({"cpaas-elasticsearch": {}, "vmselect": {}}),
        "user_objects": UserObjects(objects=100),
    }
    if cluster == STANDBY:
        found["synchroniser"] = Synchroniser((sync_pod("etcd-sync-1"), sync_pod("etcd-sync-2", minutes=30)))
        found["sync_settings"] = SyncSettings({"dataCheckInterval": 300, "printDetailLogs": False}, "300")
        found["restarted_pods"] = RestartedPods({"cpaas-elasticsearch": {"es-1": ENABLED + timedelta(hours=1)}})
    return found


ENABLED = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
"""When the synchroniser of the standby was installed."""


def sync_pod(name: str, *, minutes: float = 0, ready: bool = True, **log: Any) -> SyncPod:
    """Give a Pod of the synchroniser that was made some minutes after it was installed, and began a minute later."""
    made = ENABLED + timedelta(minutes=minutes)
    container = Container("main", ready=ready, state="running")
    said = {"begins": made, "started": made + timedelta(minutes=1), "whole": True, **log}
    return SyncPod(Pod(name, "Running", since=made, containers=(container,)), 0, ENABLED, SyncLog(**said))


def pair_facts() -> dict[str, Any]:
    """Give what is asked of a healthy pair as a whole."""
    ways = {f"{VIPS[PRIMARY]}:2379": Way("open", 4.0)}
    return {
        "domain_here": DomainHere(DOMAIN, (VIPS[PRIMARY],)),
        "check": CheckAnswer("through the API server", 200, ("missed", "surplus")),
        "comparison": Comparison(40, 1000, 1000, monitor=BesideMonitor()),
        "etcd_path": EtcdPath({f"{STANDBY}-m{number}": ways for number in (1, 2, 3)}),
        "lag": Lag("acp-acceptance", dict.fromkeys(("create", "change", "delete"), (12.0, 20.0, 15.0)), waited=60),
    }


def pair_snapshot(
    folder: Path,
    change: Callable[[dict[str, Any]], None] = lambda _site: None,
    *,
    objects: dict[str, dict[str, Any]] | None = None,
    sides: dict[str, dict[str, Any]] | None = None,
    pair: dict[str, Any] | None = None,
) -> Snapshot:
    """Give the snapshot of a healthy pair, in which some things are replaced.

    Args:
        folder: for the inventory's file.
        change: of the site's block in it.
        objects: by cluster, collections by path.
        sides: by cluster, facts by name.
        pair: facts of both together, by name.
    """
    snapshot = snapshot_of_site(pair_file(folder, change))
    snapshot.stages = ("dr",)
    for cluster, vip in VIPS.items():
        own = {**side_objects(cluster), **(objects or {}).get(cluster, {})}
        snapshot.targets["platform", cluster] = facts_of(own, cluster, vip)
        facts = {**side_facts(cluster), **(sides or {}).get(cluster, {})}
        snapshot.targets["side", cluster] = SideFacts(cluster, facts)
    snapshot.targets["pair", PAIR] = PairFacts(PAIR, {**pair_facts(), **(pair or {})})
    return snapshot


def pair_judged(snapshot: Snapshot, *requirements: str) -> Verdicts:
    """Judge requirements of stage dr (without its name) in this process."""
    return judged_here(snapshot, requirements, "dr")
