"""Snapshots of a disaster recovery pair, made of recorded objects: two healthy clusters, and what a test changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.identity import Identity
from acp_acceptance.model.pair.side import SideFacts
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
    return {"identity": Identity(f"uid-of-{cluster}", cluster)}


def pair_facts() -> dict[str, Any]:
    """Give what is asked of a healthy pair as a whole."""
    return {"domain_here": DomainHere(DOMAIN, (VIPS[PRIMARY],))}


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
