"""One run of the suite over real nodes, and its snapshot judged again by other releases and plans of the site."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab import FAULTS, FLAVOURS, NodeSpec
from lab.faults import PLANS
from suite import SuiteRun, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from lab import Fault

Verdicts = dict[str, dict[str, Any]]
"""Verdicts by node and requirement."""

USUAL = "usual"
SEEDED = [fault for fault in FAULTS.values() if fault.requirement and not fault.active]
SUPPORTED = [name for name, flavour in FLAVOURS.items() if flavour.supported]
PEERS = ("healthy-ubuntu-22.04", "healthy-rhel-8.6")
PRIMARY = "primary"
# What a healthy node of a plan has that others have not.
PREPARED = {"calico-dual-stack": ("ipv6",), "recovery": ("encryption-key",)}


def flavour_of(number: int, fault: Fault) -> str:
    """Give a flavour that can have the fault, not the same one to all."""
    choice = fault.flavours or ("ubuntu-22.04", "rhel-8.6")
    return choice[number % len(choice)]


def seeded_nodes() -> list[NodeSpec]:
    """Give a node for each fault, named like it, and one or two healthy ones for each plan."""
    nodes = [
        NodeSpec(fault.name, flavour_of(number, fault), faults=(fault.name,)) for number, fault in enumerate(SEEDED)
    ]
    nodes += [NodeSpec(f"healthy-{plan}", "rhel-8.6", faults=PREPARED.get(plan, ())) for plan in PLANS]
    return [*nodes, NodeSpec(PRIMARY, faults=PREPARED["recovery"])]


def _pair(document: dict[str, Any]) -> None:
    """Make two clusters of one, the second of which is to be installed."""
    site = document["site"]
    plan = site["clusters"].pop("global")
    for name, role in (("first", "primary"), ("second", "standby")):
        site["clusters"][name] = {**plan, "name": name, "role": role, "installed": role == "primary"}
    site["dr"] = {"primary": "first", "standby": "second"}
    for node in document["nodes"]:
        node["cluster"] = "first" if node["name"] == PRIMARY else "second"


def _everywhere(document: dict[str, Any]) -> None:
    for node in document["nodes"]:
        node["installer"] = True


@dataclass(frozen=True)
class Plan:
    """How a site differs from the one that was measured.

    Attributes:
        release: of ACP.
        site: what the inventory says otherwise.
        change: changes the inventory's JSON form in place.
        more: nodes that are judged beside those of the plan's faults.
    """

    release: str = "4.2"
    site: dict[str, Any] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], None] | None = None
    more: Sequence[str] = PEERS

    def nodes(self, name: str) -> list[str]:
        """Give the nodes that are judged by the plan of this name."""
        return [*(fault.name for fault in SEEDED if fault.plan == name), f"healthy-{name}", *self.more]


OTHERS = {
    "release-4.0": Plan("4.0"),
    "calico": Plan("4.0", {"cni": "calico"}),
    "calico-dual-stack": Plan(site={"cni": "calico", "ip_family": "dual_stack"}),
    "local-storage": Plan(site={"storage": ["topolvm"]}),
    "search-domains": Plan(site={"search_domains_needed": True}),
    "installer": Plan(change=_everywhere),
    "recovery": Plan(change=_pair, more=(*PEERS, PRIMARY)),
}


def judged_again(run: SuiteRun, name: str, folder: Path) -> SuiteRun:
    """Judge the snapshot of a run by a plan, in ``folder``, which is made."""
    plan = OTHERS[name]
    shutil.copytree(run.folder / "snapshot", folder / "snapshot")
    index = folder / "snapshot" / "snapshot.json"
    document = json.loads(index.read_text(encoding="utf-8"))
    document["site"]["site"].update(plan.site)
    if plan.change:
        plan.change(document["site"])
    index.write_text(json.dumps(document), encoding="utf-8")
    return judged(
        folder / "reports",
        f"--acp-snapshot={folder / 'snapshot'}",
        f"--acp-release={plan.release}",
        f"--hosts={','.join(plan.nodes(name))}",
        "--acp-stage=preflight",
    )


def by_node(run: SuiteRun, nodes: Iterable[str] | None = None) -> Verdicts:
    """Give the verdicts of a run, of some nodes or of all targets."""
    found: Verdicts = {}
    for verdict in run.results["verdicts"]:
        found.setdefault(verdict["target"], {})[verdict["requirement"]] = verdict
    return found if nodes is None else {name: found[name] for name in nodes}
