"""The plan: which requirement is owed by which target. A pure function of inventory, catalogue and snapshot.

What inventory and release decide is decided when tests are generated (:func:`make_plan`); what facts decide is
decided when a test is set up (:func:`owed`), with three answers: it applies, it does not (the reason is kept), or that
cannot be known (the verdict is *broken*).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements.conditions import Truth, judge
from acp_acceptance.requirements.judging import OwedRequirement
from acp_acceptance.requirements.values import NoValueError, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from acp_acceptance.inventory import Inventory, Node
    from acp_acceptance.model.snapshot import Snapshot
    from acp_acceptance.requirements.catalogue import Catalogue, Requirement


class NotApplicableError(Exception):
    """The requirement's condition does not hold for this target; the message says why."""


@dataclass(frozen=True, order=True)
class Target:
    """Something that owes requirements: a node, a cluster of the site, or the site itself.

    Attributes:
        node: the inventory's entry, where the target is a node.
        siblings: how many nodes its cluster has, itself among them.
    """

    kind: str
    name: str
    node: Node | None = field(default=None, compare=False, repr=False)
    siblings: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class PlannedCheck:
    """One requirement and one target.

    Attributes:
        requirement: what is owed.
        target: by whom.
        excluded: why it does not apply, where inventory and release already decide that; else empty.
    """

    requirement: Requirement
    target: Target
    excluded: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it in the record: requirement, kind and name of the target."""
        return (self.requirement.id, self.target.kind, self.target.name)


def targets_of(inventory: Inventory) -> list[Target]:
    """Give everything in the site that can owe a requirement, nodes first."""
    sizes = Counter(node.cluster for node in inventory.nodes)
    return [
        *(Target("node", node.name, node, sizes[node.cluster]) for node in inventory.nodes),
        *(Target("cluster", name) for name in inventory.site.clusters),
        Target("site", inventory.site.name),
    ]


def make_plan(
    inventory: Inventory, catalogue: Catalogue, stages: Iterable[str], *, active: bool = False
) -> list[PlannedCheck]:
    """Plan every requirement of ``stages`` for every target of its kind, in the catalogue's order.

    ``active``: what loads the targets is allowed.
    """
    wanted = set(stages)
    owing = targets_of(inventory)
    all_dimensions = {target: Dimensions(inventory, target, active=active) for target in owing}
    planned = []
    for requirement in catalogue.owed_by(inventory.site.release):
        if requirement.stage in wanted:
            for target in (target for target in owing if target.kind == requirement.target):
                judged = judge(requirement.when, all_dimensions[target])
                planned.append(PlannedCheck(requirement, target, judged.reason if judged.truth is Truth.FAILS else ""))
    return planned


def owed(
    requirement: Requirement, target: Target, inventory: Inventory, catalogue: Catalogue, snapshot: Snapshot
) -> OwedRequirement:
    """Settle one requirement on one target with what was measured.

    Raises:
        NotApplicableError: its condition does not hold, or the release asks nothing of this target.
        CollectionError: whether it applies, or what is asked, depends on what was not measured.
    """
    dimensions = Dimensions(inventory, target, snapshot, active=bool(snapshot.active_allowed_by))
    judged = judge(requirement.when, dimensions)
    if judged.truth is Truth.FAILS:
        raise NotApplicableError(judged.reason)
    if judged.truth is Truth.UNKNOWN:
        raise CollectionError(judged.reason)
    release = catalogue.releases[inventory.site.release]
    try:
        values = choose(release.requirements[requirement.id], dimensions)
    except NoValueError as error:
        raise NotApplicableError(f"ACP {release.release} asks nothing here: {error}") from error
    return OwedRequirement(requirement, target.name, values)


class Dimensions(dict[str, "Callable[[], Any]"]):
    """What conditions can ask about a target, each answered only when it is asked.

    Without a snapshot, what facts decide is not known yet.
    """

    def __init__(
        self, inventory: Inventory, target: Target, snapshot: Snapshot | None = None, *, active: bool = False
    ) -> None:
        site = inventory.site
        super().__init__(
            release=lambda: site.release,
            topology=lambda: _said(site.topology, "the topology", "--acp-topology, or topology: in the inventory"),
            cni=lambda: site.cni.value,
            ip_family=lambda: site.ip_family.value,
            storage=lambda: frozenset(map(_plain, site.storage)),
            managed_clusters=lambda: site.managed_clusters or 0,
            recovery_pair=lambda: site.dr is not None,
            clusters=lambda: len(site.clusters),
            active=lambda: active,
        )
        if target.kind == "cluster":
            self["load_balancer"] = lambda: _load_balancer(inventory, target.name)
        if target.node is not None:
            self._add_node(target.node)
            self["nodes"] = lambda: target.siblings
            self._add_facts(target.name, snapshot)

    def _add_node(self, node: Node) -> None:
        self.update(
            role=lambda: frozenset(role.value for role in node.roles),
            installer=lambda: node.installer,
            new_node=lambda: node.new,
            minimum_cores=lambda: node.minimum.cpu_cores,
            minimum_gigabytes=lambda: node.minimum.memory_gib,
        )

    def _add_facts(self, name: str, snapshot: Snapshot | None) -> None:
        facts = snapshot.of("node", name) if snapshot else NodeFacts(name, {})
        if not isinstance(facts, NodeFacts):
            raise TypeError(f"{name} is no node in the snapshot")
        self.update(
            os=lambda: facts.os.id,
            os_version=lambda: facts.os.version,
            kernel=lambda: facts.kernel.version,
            machine=lambda: facts.kernel.machine,
        )


def _load_balancer(inventory: Inventory, cluster: str) -> str:
    """Tell what forwards to a cluster's nodes: ``own`` (the customer's), ``self-built`` (the platform's), ``none``."""
    planned = inventory.site.clusters[cluster]
    if planned.parameters.self_built_vip.enabled:
        return "self-built"
    addresses = {node.address for node in inventory.nodes if node.cluster == cluster}
    single = inventory.site.topology is not None and _plain(inventory.site.topology) == "single_node"
    return "none" if single and planned.vip in {None, *addresses} else "own"


def _said(value: Any, what: str, how: str) -> Any:  # noqa: ANN401 - an enumeration or nothing
    if value is None:
        raise CollectionError(f"{what} is not known; say it: {how}")
    return _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - an enumeration or its value
    return getattr(value, "value", value)
