"""The plan: which requirement is owed by which target. A pure function of inventory, catalogue and snapshot.

What inventory and release decide is decided when tests are generated (:func:`make_plan`); what facts decide is
decided when a test is set up (:func:`owed`), with three answers: it applies, it does not (the reason is kept), or that
cannot be known (the verdict is *broken*).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair.failover import synchroniser_of
from acp_acceptance.model.platform import ITEMS, PlatformFacts, items_of
from acp_acceptance.requirements.conditions import Truth, judge
from acp_acceptance.requirements.judging import OwedRequirement
from acp_acceptance.requirements.values import NoValueError, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from acp_acceptance.inventory import Cluster, Inventory, Node
    from acp_acceptance.model.cluster import ClusterFacts
    from acp_acceptance.model.layout import ClusterLayout
    from acp_acceptance.model.pair.side import SideFacts
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
        raise CollectionError(f"no {target.kind} was found in the cluster, so that nothing could be judged")
    item = items[target.item]
    if isinstance(item, Problem):
        raise CollectionError(item.reason)
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
        raise CollectionError(judged.reason)
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
            phase=lambda: site.dr.phase if site.dr else None,
            clusters=lambda: len(site.clusters),
            search_domains_needed=lambda: site.search_domains_needed,
            self_built_vip=lambda: any(item.parameters.self_built_vip.enabled for item in site.clusters.values()),
            active=lambda: active,
        )
        # Plain hosts are no plan of a site: what only a plan can say is not asked of them.
        self["inventory"] = lambda: "given" if inventory.path else "not given (--acp-inventory)"
        if target.cluster and target.node is None:
            self._add_cluster(inventory, target.cluster)
            self["package"] = lambda: _package(inventory, target.cluster, snapshot)
            self["load_balancer"] = lambda: _load_balancer(inventory, target.cluster)
        if target.cluster:
            self["side"] = lambda: _plain(site.clusters[target.cluster].role)
        if target.kind == "pair":
            self._add_pair(inventory, snapshot)
        self["isolation"] = lambda: "planned" if site.isolation else "not planned"
        self["package_architecture"] = lambda: site.package.architecture or "not named in the inventory"
        if target.kind == "side":
            self["etcd_backup"] = lambda: _etcd_backup(target.cluster, snapshot)
        if target.kind == "resource":
            self["resource"] = lambda: target.item.partition("/")[0]
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

    def _add_cluster(self, inventory: Inventory, name: str) -> None:
        cluster = inventory.site.clusters[name]
        certificate, own_vip = cluster.parameters.certificate, cluster.parameters.self_built_vip
        installers = [node.name for node in inventory.nodes if node.cluster == name and node.installer]
        self.update(
            vip=lambda: cluster.vip or "",
            self_built_vip=lambda: bool(own_vip.enabled),
            image_repository=lambda: _said(
                cluster.parameters.image_repository.kind,
                "whether the platform has a registry of its own",
                "parameters.image_repository.kind (platform or external) in the inventory",
            ),
            certificate=lambda: certificate.kind or ("own" if certificate.file else "the platform's default"),
            installer_node=lambda: installers[0] if installers else "",
            http=lambda: _http(cluster),
            etcd_endpoints=lambda: "named" if cluster.etcd_endpoints else "not named in the inventory",
        )

    def _add_pair(self, inventory: Inventory, snapshot: Snapshot | None) -> None:
        plan = inventory.site.dr
        assert plan is not None
        self.update(
            workload_clusters=lambda: len(plan.workload_clusters),
            elasticsearch=lambda: _elasticsearch(snapshot, plan.standby),
            former_primary=lambda: _former_primary(snapshot, plan.primary),
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
            frequency_scaling=lambda: bool(facts.frequency.governors),
        )


def _elasticsearch(snapshot: Snapshot | None, cluster: str) -> str:
    """Tell whether a cluster has Log Storage for Elasticsearch."""
    if snapshot is None:
        raise CollectionError("whether Elasticsearch is installed is not known yet")
    side = cast("SideFacts", snapshot.of("side", cluster))
    return "installed" if side.elasticsearch.installed else "not installed"


def _former_primary(snapshot: Snapshot | None, cluster: str) -> str:
    """Tell whether the former primary has become the new standby: then it has the synchroniser."""
    if snapshot is None:
        raise CollectionError("what became of the former primary is not known yet")
    platform = cast("PlatformFacts", snapshot.of("platform", cluster))
    if not platform.is_measured(PlatformFacts.module_infos):
        # It is gone, which is why there was a failover.
        return "not reached"
    return "stands by again" if synchroniser_of(platform.module_infos) else "not yet a standby"


def _package(inventory: Inventory, cluster: str, snapshot: Snapshot | None) -> str:
    """Say whence a Core Package is known: ``named`` in the inventory, ``found`` on the installer node, or nowhere."""
    package = inventory.site.package
    installers = [node.name for node in inventory.nodes if node.cluster == cluster and node.installer]
    if not installers:
        return "not looked for (the inventory names no installer node)"
    if snapshot is None:
        raise CollectionError("whether there is a package is not known yet")
    if ("node", installers[0]) not in snapshot.targets:
        return f"not looked for (the installer node {installers[0]} is not among the chosen ones)"
    if any((package.file, package.architecture, package.checksum, package.signature)):
        return "named"
    facts: Any = snapshot.of("node", installers[0])
    return "found" if facts.package.found else f"not named in the inventory, and none is in {package.folder}"


def _http(cluster: Cluster) -> str:
    """Tell whether HTTP is on: where the inventory does not say, a port that it names for it says so."""
    enabled = cluster.parameters.http_enabled
    return "on" if enabled or (enabled is None and cluster.parameters.http_port) else "off"


def _etcd_backup(cluster: str, snapshot: Snapshot | None) -> str:
    """Tell whether the platform's own backups of etcd are configured."""
    if snapshot is None:
        raise CollectionError("whether backups are configured is not known yet")
    side = cast("SideFacts", snapshot.of("side", cluster))
    return "configured" if side.backup.configured else "not configured (Cluster Enhancer is not installed)"


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
