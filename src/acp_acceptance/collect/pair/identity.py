"""Making sure that each kubeconfig reaches the cluster that the inventory names it for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.model.pair.identity import Identity, owner_of
from acp_acceptance.model.platform import PlatformFacts, raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.pair.subjects import Side
    from acp_acceptance.model.layout import ClusterLayout


def reached(side: Side, layouts: Mapping[str, ClusterLayout]) -> str:
    """Give the cluster of the inventory that a side's API belongs to; empty where that cannot be told."""
    platform = side.platform
    nodes = platform.nodes.items if platform.is_measured(PlatformFacts.nodes) else {}
    server = platform.api_server.server if platform.is_measured(PlatformFacts.api_server) else ""
    return owner_of({name: node.addresses for name, node in nodes.items()}, server, layouts)


def identity(side: Side) -> dict[str, object]:
    """Ask a cluster for what no other one has."""
    found = side.api.get("/api/v1/namespaces/kube-system")
    return {"identity": Identity(raw.text(found, "metadata", "uid"), side.cluster.name)}
