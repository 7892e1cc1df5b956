"""The plan: which requirement is owed by which target. A pure function of inventory, catalogue and snapshot.

What inventory and release decide is decided when tests are generated (:func:`make_plan`); what facts decide is
decided when a test is set up (:func:`owed`), with three answers: it applies, it does not (the reason is kept), or that
cannot be known (the verdict is *broken*).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from acp_acceptance.dimensions import Dimensions
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.platform import ITEMS, items_of
from acp_acceptance.requirements.conditions import Truth, judge
from acp_acceptance.requirements.judging import OwedRequirement
from acp_acceptance.requirements.values import NoValueError, choose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from acp_acceptance.inventory import Inventory, Node
    from acp_acceptance.model.cluster import ClusterFacts
    from acp_acceptance.model.layout import ClusterLayout
    from acp_acceptance.model.platform import PlatformFacts
    from acp_acceptance.model.snapshot import Snapshot
    from acp_acceptance.requirements.catalogue import Catalogue, Question, Requirement


class NotApplicableError(Exception):
    """The requirement's condition does not hold for this target; the message says why."""


@dataclass(frozen=True, order=True)
class Target:
    """Something that owes requirements: a node, a cluster of the site, the site itself, or what was found in a cluster.

    Attributes:
        cluster: that it belongs to; empty where it is the site.
        item: of what was found in a cluster: the name there; empty where one target stands for all of its kind, since
            none was found, or they could not be listed.
        node: the inventory's entry, where the target is a node.
        siblings: how many nodes its cluster has, itself among them.
        installed: the platform runs on it already, by the inventory's word.
    """

    kind: str
    name: str
    node: Node | None = field(default=None, compare=False, repr=False)
    siblings: int = field(default=0, compare=False, repr=False)
    installed: bool = field(default=False, compare=False, repr=False)
    cluster: str = field(default="", compare=False, repr=False)
    item: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        """Name it, the same from run to run: Allure tells the history of a test by the text of its parameters."""
        return f"{self.requirement.id} {self.target.kind} {self.target.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it in the record: requirement, kind and name of the target."""
        return (self.requirement.id, self.target.kind, self.target.name)


def targets_of(inventory: Inventory) -> list[Target]:
    """Give everything in the site that can owe a requirement, nodes first."""
    sizes = Counter(node.cluster for node in inventory.nodes)
    # New nodes join a cluster that there is.
    growing = {node.cluster for node in inventory.nodes if node.new}
    installed = growing | {name for name, cluster in inventory.site.clusters.items() if cluster.installed}
    return [
        *(
            Target(
                "node",
                node.name,
                node,
                sizes[node.cluster],
                installed=node.cluster in installed and not node.new,
                cluster=node.cluster,
            )
            for node in inventory.nodes
        ),
        *(Target("cluster", name, installed=name in installed, cluster=name) for name in inventory.site.clusters),
        Target("site", inventory.site.name),
        *_recovery_targets(inventory),
    ]


def _recovery_targets(inventory: Inventory) -> list[Target]:
    """Give the clusters of a disaster recovery pair, each and both together."""
    recovery = inventory.site.dr
    if recovery is None:
        return []
    return [
        *(Target("side", name, cluster=name) for name in (recovery.primary, recovery.standby)),
        Target("pair", recovery.name),
    ]


def found_in(inventory: Inventory, snapshot: Snapshot) -> list[Target]:
    """Give what was found in installed clusters and owes requirements.

    Where a kind could not be listed, or nothing of it is there, one target stands for it, so that this is a verdict.
    """
    found = []
    for cluster in inventory.site.clusters:
        prefix = f"{cluster}:" if len(inventory.site.clusters) > 1 else ""
        for kind in ITEMS:
            try:
                names = list(items_in(snapshot, cluster, kind))
            except CollectionError:
                names = []
            found += [Target(kind, f"{prefix}{name}", cluster=cluster, item=name) for name in names]
            if not names:
                found.append(Target(kind, cluster, cluster=cluster))
    return found


def items_in(snapshot: Snapshot, cluster: str, kind: str) -> Mapping[str, Any]:
    """Give what was found in a cluster of one kind of target, by name.

    Raises:
        CollectionError: it could not be listed.
    """
    facts = cast("PlatformFacts", snapshot.of("platform", cluster))
    return items_of(facts, kind, planned_layout(snapshot, cluster))


def item_of(target: Target, items: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of the kind that the target is
    """Give what was found under a target's name.

    Raises:
        CollectionError: it was not measured, or nothing of its kind was found.
    """
    if not target.item:
        raise CollectionError(
            f"no {target.kind} was found in the cluster, so that nothing could be judged", kind="empty"
        )
    item = items[target.item]
    if isinstance(item, Problem):
        raise CollectionError(item.reason, kind=item.kind)
    return item


def planned_layout(snapshot: Snapshot, cluster: str) -> ClusterLayout | None:
    """Give a cluster as the inventory plans it; ``None`` where a snapshot does not hold that."""
    try:
        return cast("ClusterFacts", snapshot.of("cluster", cluster)).layout
    except CollectionError:
        return None


def make_plan(
    inventory: Inventory,
    catalogue: Catalogue,
    stages: Iterable[str],
    snapshot: Snapshot,
    *,
    active: bool = False,
) -> list[PlannedCheck]:
    """Plan every requirement of ``stages`` for every target of its kind, in the catalogue's order.

    Args:
        inventory: the site.
        catalogue: what is required.
        stages: that are planned.
        snapshot: what was found in installed clusters.
        active: what loads the targets is allowed.
    """
    wanted = set(stages)
    owing = targets_of(inventory)
    if wanted != {"preflight"}:
        owing += found_in(inventory, snapshot)
    all_dimensions = {target: Dimensions(inventory, target, active=active) for target in owing}
    planned = []
    for requirement in catalogue.owed_by(inventory.site.release):
        if requirement.stage in wanted:
            planned += [
                PlannedCheck(requirement, target, _excluded(requirement, target, all_dimensions[target]))
                for target in owing
                if target.kind == requirement.target
            ]
    return planned


def _excluded(requirement: Requirement, target: Target, dimensions: Dimensions) -> str:
    """Say why a requirement is not owed, where inventory and release decide that."""
    if requirement.stage == "preflight" and target.installed and not requirement.also_installed:
        return "it is installed already, by the inventory's word"
    judged = judge(requirement.when, dimensions)
    return judged.reason if judged.truth is Truth.FAILS else ""


def questions_of(inventory: Inventory, catalogue: Catalogue, stages: Iterable[str]) -> list[Question]:
    """Give the questions that people answer for this site; one of which that is not known is asked, too."""
    wanted = set(stages)
    dimensions = Dimensions(inventory, Target("site", inventory.site.name))
    return [
        question
        for question in catalogue.asked_by(inventory.site.release)
        if question.stage in wanted and judge(question.when, dimensions).truth is not Truth.FAILS
    ]


def owed(
    requirement: Requirement, target: Target, inventory: Inventory, catalogue: Catalogue, snapshot: Snapshot
) -> OwedRequirement:
    """Settle one requirement on one target with what was measured.

    Raises:
        NotApplicableError: its condition does not hold, or the release asks nothing of this target.
        CollectionError: whether it applies, or what is asked, depends on what was not measured.
    """
    dimensions = Dimensions(inventory, target, snapshot, active=bool(snapshot.active_allowed_by))
    if requirement.stage == "preflight" and not requirement.also_installed and requirement.id != _EXISTING:
        _refuse_running(target, snapshot)
    judged = judge(requirement.when, dimensions)
    if judged.truth is Truth.FAILS:
        raise NotApplicableError(judged.reason)
    if judged.truth is Truth.UNKNOWN:
        raise CollectionError(judged.reason, kind=judged.kind)
    release = catalogue.releases[inventory.site.release]
    try:
        values = choose(release.requirements[requirement.id], dimensions)
    except NoValueError as error:
        raise NotApplicableError(f"ACP {release.release} asks nothing here: {error}") from error
    return OwedRequirement(requirement, target.name, values)


_EXISTING = "preflight.software.existing-kubernetes"


def _refuse_running(target: Target, snapshot: Snapshot) -> None:
    """Let one verdict say that Kubernetes runs on a node already; the others would all be red for that one reason."""
    facts = snapshot.of("node", target.name) if target.kind == "node" else None
    if isinstance(facts, NodeFacts) and facts.is_measured(NodeFacts.kubernetes):
        running = facts.kubernetes.processes
        if running:
            raise NotApplicableError(f"Kubernetes runs on this node already ({', '.join(running)}); see {_EXISTING}")
