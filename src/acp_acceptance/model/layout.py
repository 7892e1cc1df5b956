"""What the inventory plans of a cluster beyond the installer's pages: its nodes, its networks, the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class PlannedNode:
    """A machine of the cluster.

    Attributes:
        address: what the inventory connects to: an address or a name.
    """

    name: str
    address: str
    control_plane: bool
    worker: bool
    installer: bool


@dataclass(frozen=True)
class PlannedNetworks:
    """The cluster's own networks in CIDR form; ``None`` is the platform's default."""

    pods: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    join: tuple[str, ...] | None = None


@dataclass(frozen=True)
class PlannedPackage:
    """The Core Package on the installer node; ``None`` where the inventory does not say."""

    folder: str
    file: str | None = None
    architecture: str | None = None
    checksum: str | None = None
    signature: str | None = None
    keyring: str | None = None


@dataclass(frozen=True)
class ClusterLayout:
    """A cluster as the inventory plans it; ``None`` where it does not say.

    Attributes:
        vrid: VRRP router id of the self-built VIP.
        workload_clusters_elsewhere: workload clusters are in other networks than this one.
    """

    nodes: tuple[PlannedNode, ...]
    networks: PlannedNetworks
    package: PlannedPackage
    vip: str | None = None
    external_ip: str | None = None
    cluster_endpoint: str | None = None
    platform_address: str | None = None
    self_built_vip: bool = False
    vrid: int | None = None
    workload_clusters_elsewhere: bool = False

    @property
    def control_plane(self) -> tuple[str, ...]:
        """Names of the control plane nodes."""
        return tuple(node.name for node in self.nodes if node.control_plane)

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of the workers that are no control plane nodes."""
        return tuple(node.name for node in self.nodes if node.worker and not node.control_plane)

    @property
    def installer(self) -> PlannedNode:
        """The node that the installer runs on.

        Raises:
            CollectionError: the inventory names none.
        """
        for node in self.nodes:
            if node.installer:
                return node
        raise CollectionError(
            "the inventory names no installer node; put the node into the group installer there", kind="unsaid"
        )


def miscounted(layout: ClusterLayout, values: Mapping[str, object]) -> Iterator[Fault]:
    """Give what is wrong with the number of nodes.

    Args:
        layout: the cluster.
        values: ``control_plane``, the numbers that are allowed; ``workers``, the fewest; ``nodes_at_least`` and
            ``nodes_at_most``, of all nodes (``None``: no bound).

    Yields:
        The name of the sentence that says it, and the values it needs.
    """
    control_plane, workers, nodes = len(layout.control_plane), len(layout.workers), len(layout.nodes)
    allowed, fewest, most = values["control_plane"], values["nodes_at_least"], values["nodes_at_most"]
    if isinstance(allowed, list) and control_plane not in allowed:
        yield "control_plane", {"count": control_plane}
    if isinstance(values["workers"], int) and workers < values["workers"]:
        yield "workers", {"count": workers}
    if isinstance(fewest, int) and nodes < fewest:
        yield "too_few", {"count": nodes, "wanted": fewest}
    if isinstance(most, int) and nodes > most:
        yield "too_many", {"count": nodes, "wanted": most}
