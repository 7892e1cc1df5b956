"""Snapshots of a disaster recovery pair, made of recorded objects: two healthy clusters, and what a test changes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import yaml

from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.certificate import CertificateFile, ChainLink
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.mesh import Resolved
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.backup import Backup
from acp_acceptance.model.pair.check import CheckAnswer
from acp_acceptance.model.pair.comparison import BesideMonitor, Comparison
from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.excluded import UserObjects
from acp_acceptance.model.pair.front import Front, Served
from acp_acceptance.model.pair.identity import Identity
from acp_acceptance.model.pair.lag import Lag
from acp_acceptance.model.pair.operators import Operators
from acp_acceptance.model.pair.path import EtcdPath, Way
from acp_acceptance.model.pair.registry import RegistryContents
from acp_acceptance.model.pair.said import Reading, Said
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.pair.synchroniser import RestartedPods, Synchroniser, SyncLog, SyncPod, SyncSettings
from acp_acceptance.model.platform.names import Lookup, Names
from acp_acceptance.model.platform.pods import Container, Pod
from acp_acceptance.model.software import EncryptionFile
from acp_acceptance.requirements import load_catalogue
from judging import judged_here
from platform_objects import MODULE_INFOS, NODES, facts_of, healthy_objects, module, node
from sites import TAKEN, snapshot_of_site
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
    del document["all"]["vars"]["acp"]["parameters"]["certificate"]["fingerprint"]
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


def readings(**values: Any) -> Said:
    """Give settings: a text, several, or a problem in the place of one."""
    found = {}
    for name, value in values.items():
        if isinstance(value, Problem):
            found[name] = Reading(problem=value.reason)
        else:
            found[name] = Reading((value,) if isinstance(value, str) else tuple(value))
    return Said(found)


def settings(cluster: str, **changed: Any) -> Said:
    """Give the settings of one healthy side; ``changed`` replaces some."""
    usual: dict[str, Any] = {
        "platform_address": f"https://{DOMAIN}",
        "other_addresses": [f"https://{VIPS[cluster]}"],
        "http_port": "80",
        "https_port": "443",
        "cluster_endpoint": VIPS[cluster],
        "repository_address": f"{DOMAIN}:11443",
        "repository_user": "a mark",
        "repository_password": "another mark",
        "admin_user": "admin",
        "encryption_mode": "deterministic",
        "encryption_group": "group-1",
        "encryption_root_key": "a third mark",
    }
    return readings(**{**usual, **changed})


def certificate(word: str = "own", **changed: Any) -> CertificateFile:
    """Give a certificate that an authority issued for the domain; ``word`` makes another one."""
    link = ChainLink(f"CN={word}", "CN=authority", "2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00")
    print_of = hashlib.sha256(word.encode()).hexdigest()
    return replace(CertificateFile("pem", (DOMAIN,), (), print_of, chain=(link,)), **changed)


def front(cluster: str, **changed: Any) -> Front:
    """Give the VIP of one healthy side; ``changed`` replaces some of it."""
    etcd = certificate(f"etcd of {cluster}")
    usual = Front(
        VIPS[cluster],
        dict.fromkeys(("80", "443", "6443", "11443", "2379"), "open"),
        Served(certificate()),
        Served(etcd),
        {f"{cluster}-m1": etcd.fingerprint},
        (f"{NETWORKS[cluster]}.11",),
    )
    return replace(usual, **changed)


def side_facts(cluster: str) -> dict[str, Any]:
    """Give what only disaster recovery asks of one healthy side."""
    found: dict[str, Any] = {
        "identity": Identity(f"uid-of-{cluster}", cluster),
        "synchroniser": Synchroniser(),
        "sync_settings": Problem("absent", f"there is no ModuleInfo of etcd-sync in {cluster}"),
        "restarted_pods": RestartedPods({"cpaas-elasticsearch": {}, "vmselect": {}}),
        "user_objects": UserObjects(objects=100),
        "said": settings(cluster),
        "front": front(cluster),
        "registry": RegistryContents(f"{VIPS[cluster]}:11443", {"acp/sentry": ("v1", "v2"), "acp/console": ("v1",)}),
        "operators": Operators(("knative-operator",), ("KnativeEventing knative-eventing/main",)),
        "backup": Backup(configured=True, made=datetime.fromisoformat(TAKEN), result="Success", records=1),
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


def names_in(**pods: str) -> Names:
    """Give how the domain resolves in a cluster, and at its CoreDNS Pods where that differs: ``{pod: address}``."""
    usual = VIPS[PRIMARY]
    answers = {
        "": usual,
        "coredns-a": usual,
        "coredns-b": usual,
        **{name.replace("_", "-"): at for name, at in pods.items()},
    }
    lookups = tuple(Lookup(DOMAIN, server, (address,)) for server, address in answers.items())
    return Names(lookups, ("coredns-a", "coredns-b"), DOMAIN, tuple(VIPS.values()))


KEYS = EncryptionFile(present=True, mode="600", owner="root:root", digest="0f" * 32, key_names=("aescbc1/key1",))


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


def pair_snapshot(  # noqa: PLR0913 - one for each kind of target
    folder: Path,
    change: Callable[[dict[str, Any]], None] = lambda _site: None,
    *,
    objects: dict[str, dict[str, Any]] | None = None,
    sides: dict[str, dict[str, Any]] | None = None,
    pair: dict[str, Any] | None = None,
    nodes: dict[str, dict[str, Any]] | None = None,
) -> Snapshot:
    """Give the snapshot of a healthy pair, in which some things are replaced.

    Args:
        folder: for the inventory's file.
        change: of the site's block in it.
        objects: by cluster, collections by path.
        sides: by cluster, facts by name.
        pair: facts of both together, by name.
        nodes: by node, facts by name.
    """
    snapshot = snapshot_of_site(pair_file(folder, change))
    snapshot.stages = ("dr",)
    for cluster, vip in VIPS.items():
        own = {**side_objects(cluster), **(objects or {}).get(cluster, {})}
        snapshot.targets["platform", cluster] = facts_of(own, cluster, vip).having({"names": names_in()})
        facts = {**side_facts(cluster), **(sides or {}).get(cluster, {})}
        snapshot.targets["side", cluster] = SideFacts(cluster, facts)
    snapshot.targets["pair", PAIR] = PairFacts(PAIR, {**pair_facts(), **(pair or {})})
    for (kind, name), facts in snapshot.targets.items():
        if kind == "node":
            resolved = Resolved({DOMAIN: (VIPS[PRIMARY],)})
            facts.add({"encryption": KEYS, "resolved": resolved, **(nodes or {}).get(name, {})})
    return snapshot


def pair_judged(snapshot: Snapshot, *requirements: str) -> Verdicts:
    """Judge requirements of stage dr (without its name) in this process."""
    return judged_here(snapshot, requirements, "dr")
