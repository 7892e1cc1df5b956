"""Fixtures of stage ``dr``: the pair, its sides, and what was read of each as a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from acp_acceptance.inventory import ClusterRole
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.domain import views_of
from acp_acceptance.plugin.recovery import active_in, fronts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from acp_acceptance.inventory.site import DrPlan
    from acp_acceptance.model.cluster import ClusterFacts, PlannedInstallation
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.pair import PairFacts
    from acp_acceptance.model.pair.domain import View
    from acp_acceptance.model.pair.side import SideFacts
    from acp_acceptance.model.platform import PlatformFacts
    from acp_acceptance.plan import PlannedCheck
    from acp_acceptance.plugin.acceptance import Acceptance


@pytest.fixture
def recovery(acceptance: Acceptance) -> DrPlan:
    """The inventory's plan of the pair: which cluster is which, the phase, the time of the switch."""
    plan = acceptance.inventory.site.dr
    if plan is None:
        raise CollectionError("the inventory names no disaster recovery pair", kind="unsaid")
    return plan


@pytest.fixture
def pair(recovery: DrPlan, acceptance: Acceptance) -> PairFacts:
    """What was observed of both clusters together."""
    return cast("PairFacts", acceptance.snapshot.of("pair", recovery.name))


@pytest.fixture
def side(planned: PlannedCheck, acceptance: Acceptance) -> SideFacts:
    """What only disaster recovery asked of the cluster that this target is."""
    return cast("SideFacts", acceptance.snapshot.of("side", planned.target.cluster))


@pytest.fixture
def primary_side(recovery: DrPlan, acceptance: Acceptance) -> SideFacts:
    """Likewise, of the inventory's primary."""
    return cast("SideFacts", acceptance.snapshot.of("side", recovery.primary))


@pytest.fixture
def standby_side(recovery: DrPlan, acceptance: Acceptance) -> SideFacts:
    """Likewise, of the inventory's standby."""
    return cast("SideFacts", acceptance.snapshot.of("side", recovery.standby))


@pytest.fixture
def primary_platform(recovery: DrPlan, acceptance: Acceptance) -> PlatformFacts:
    """What was observed of the inventory's primary through its API."""
    return cast("PlatformFacts", acceptance.snapshot.of("platform", recovery.primary))


@pytest.fixture
def standby_platform(recovery: DrPlan, acceptance: Acceptance) -> PlatformFacts:
    """Likewise, of the inventory's standby."""
    return cast("PlatformFacts", acceptance.snapshot.of("platform", recovery.standby))


@pytest.fixture
def control_plane(acceptance: Acceptance) -> Mapping[str, NodeFacts]:
    """What was observed of the control plane nodes of both clusters, those of the primary first."""
    return {
        **acceptance.control_plane_of(ClusterRole.PRIMARY),
        **acceptance.control_plane_of(ClusterRole.STANDBY),
    }


@pytest.fixture
def standby_nodes(recovery: DrPlan, acceptance: Acceptance) -> Mapping[str, NodeFacts]:
    """What was observed of the nodes of the inventory's standby."""
    nodes = (node for node in acceptance.inventory.nodes if node.cluster == recovery.standby)
    return {node.name: cast("NodeFacts", acceptance.snapshot.of("node", node.name)) for node in nodes}


@pytest.fixture
def switched(recovery: DrPlan) -> datetime:
    """When the domain was switched to the standby."""
    if recovery.switched_at is None:
        raise CollectionError("when the domain was switched is not known (--acp-failover-at)", kind="not-collected")
    return recovery.switched_at


@pytest.fixture
def package_architecture(acceptance: Acceptance) -> str:
    """Architecture of the Core Package, as the inventory has it; empty where it does not say."""
    return acceptance.inventory.site.package.architecture or ""


@pytest.fixture
def views(
    pair: PairFacts, primary_platform: PlatformFacts, standby_platform: PlatformFacts, acceptance: Acceptance
) -> list[View]:
    """The platform's domain from all points of view: here, in both clusters, on all nodes of both."""
    nodes = {
        node.name: cast("NodeFacts", acceptance.snapshot.of("node", node.name)) for node in acceptance.inventory.nodes
    }
    return views_of(pair.domain_here, [primary_platform, standby_platform], nodes)


@pytest.fixture
def installations(acceptance: Acceptance) -> Mapping[str, PlannedInstallation]:
    """What the inventory says of the installation of both clusters, by their names."""
    return {
        name: cast("ClusterFacts", acceptance.snapshot.of("cluster", name)).planned
        for name in acceptance.inventory.site.clusters
    }


@pytest.fixture
def fronts(acceptance: Acceptance) -> Mapping[str, Sequence[str]]:
    """VIP and External IP of both clusters, by their names."""
    return fronts_of(acceptance.inventory)


@pytest.fixture
def to_be_active(recovery: DrPlan) -> str:
    """The cluster that is to serve the platform: the standby after a failover."""
    return active_in(recovery)


@pytest.fixture
def nodes_by_cluster(recovery: DrPlan, acceptance: Acceptance) -> Mapping[str, Mapping[str, NodeFacts]]:
    """What was observed of all nodes of both clusters, by cluster, the primary's first."""
    return {
        cluster: {
            node.name: cast("NodeFacts", acceptance.snapshot.of("node", node.name))
            for node in acceptance.inventory.nodes
            if node.cluster == cluster
        }
        for cluster in (recovery.primary, recovery.standby)
    }
