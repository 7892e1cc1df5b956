"""What conditions can ask about a target: of the inventory, and of what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair.failover import synchroniser_of
from acp_acceptance.model.platform import PlatformFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.inventory import Cluster, Inventory, Node
    from acp_acceptance.model.pair.side import SideFacts
    from acp_acceptance.model.snapshot import Snapshot
    from acp_acceptance.plan import Target


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
            operators=lambda: _operators(snapshot, plan.primary),
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


def _operators(snapshot: Snapshot | None, cluster: str) -> str:
    """Tell whether a cluster has operators of its own, or instances of them."""
    if snapshot is None:
        raise CollectionError("whether there are operators is not known yet", kind="not-collected")
    found = cast("SideFacts", snapshot.of("side", cluster)).operators
    return "installed" if found.subscriptions or found.instances else "not installed"


def _elasticsearch(snapshot: Snapshot | None, cluster: str) -> str:
    """Tell whether a cluster has Log Storage for Elasticsearch."""
    if snapshot is None:
        raise CollectionError("whether Elasticsearch is installed is not known yet", kind="not-collected")
    side = cast("SideFacts", snapshot.of("side", cluster))
    return "installed" if side.elasticsearch.installed else "not installed"


def _former_primary(snapshot: Snapshot | None, cluster: str) -> str:
    """Tell whether the former primary has become the new standby: then it has the synchroniser."""
    if snapshot is None:
        raise CollectionError("what became of the former primary is not known yet", kind="not-collected")
    platform = cast("PlatformFacts", snapshot.of("platform", cluster))
    if not platform.is_measured(PlatformFacts.module_infos):
        # It is gone, which is why there was a failover.
        return "not reached"
    return "the new standby" if synchroniser_of(platform.module_infos) else "not yet the new standby"


def _package(inventory: Inventory, cluster: str, snapshot: Snapshot | None) -> str:
    """Say whence a Core Package is known: ``named`` in the inventory, ``found`` on the installer node, or nowhere."""
    package = inventory.site.package
    installers = [node.name for node in inventory.nodes if node.cluster == cluster and node.installer]
    if not installers:
        return "not looked for (the inventory names no installer node)"
    if snapshot is None:
        raise CollectionError("whether there is a package is not known yet", kind="not-collected")
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
        raise CollectionError("whether backups are configured is not known yet", kind="not-collected")
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
        raise CollectionError(f"{what} is not known; say it: {how}", kind="unsaid")
    return _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - an enumeration or its value
    return getattr(value, "value", value)
