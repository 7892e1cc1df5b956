"""Which cluster of the inventory an API belongs to: kubeconfigs are easily swapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from acp_acceptance.model.cluster import same_address

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from acp_acceptance.model.layout import ClusterLayout


@dataclass(frozen=True)
class Identity:
    """A cluster, as nothing but itself can be.

    Attributes:
        uid: of its namespace ``kube-system``, which no two clusters share; empty where it does not say.
        owner: the cluster of the inventory whose nodes it has; empty where none has them, or both.
    """

    uid: str
    owner: str = ""


def owner_of(nodes: Mapping[str, Collection[str]], server: str, layouts: Mapping[str, ClusterLayout]) -> str:
    """Give the cluster of the inventory that an API belongs to; empty where that cannot be told.

    Args:
        nodes: of the API, by name, with their addresses.
        server: the URL at which the API was reached; it tells where no node does.
        layouts: what the inventory plans, by cluster.
    """
    known = {cluster: _nodes_in_common(nodes, layout) for cluster, layout in layouts.items()}
    most = max(known.values(), default=0)
    if most:
        best = [cluster for cluster, count in known.items() if count == most]
        return best[0] if len(best) == 1 else ""
    host = urlsplit(server).hostname or ""
    fronts = {
        cluster: [address for address in (layout.vip, layout.external_ip) if address]
        for cluster, layout in layouts.items()
    }
    reached = [cluster for cluster, front in fronts.items() if any(same_address(host, item) for item in front)]
    return reached[0] if len(reached) == 1 else ""


def _nodes_in_common(nodes: Mapping[str, Collection[str]], layout: ClusterLayout) -> int:
    planned = {name for node in layout.nodes for name in (node.name, node.address)}
    return sum(bool(planned & {name, *addresses}) for name, addresses in nodes.items())
