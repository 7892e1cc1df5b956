"""Fixtures of the suite's tests: nouns, and all of them read the snapshot only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from acp_acceptance.inventory import ClusterRole
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.overlap import networks_of_nodes
from acp_acceptance.model.platform.isolation import IsolationMarks
from acp_acceptance.model.text import is_address
from acp_acceptance.model.vip import known_interfaces
from acp_acceptance.plan import NotApplicableError, owed
from acp_acceptance.plugin.acceptance import acceptance_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from acp_acceptance.inventory import Cluster
    from acp_acceptance.model.between import Peers
    from acp_acceptance.model.cluster import ClusterFacts
    from acp_acceptance.model.layout import ClusterLayout
    from acp_acceptance.model.measurement import Facts
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.overlap import Interface, NodeNetwork
    from acp_acceptance.model.paths import Mesh
    from acp_acceptance.model.platform import PlatformFacts
    from acp_acceptance.plan import PlannedCheck
    from acp_acceptance.plugin.acceptance import Acceptance
    from acp_acceptance.requirements import OwedRequirement


@pytest.fixture
def planned(request: pytest.FixtureRequest) -> PlannedCheck:
    """The planned check: which requirement, on which target."""
    return cast("PlannedCheck", request.param)


@pytest.fixture(scope="session")
def acceptance(pytestconfig: pytest.Config) -> Acceptance:
    """The run: its inventory, catalogue and snapshot."""
    return acceptance_of(pytestconfig)


@pytest.fixture
def requirement(planned: PlannedCheck, acceptance: Acceptance) -> OwedRequirement:
    """The requirement as this target owes it, with the values the release gives it here."""
    try:
        return owed(
            planned.requirement, planned.target, acceptance.inventory, acceptance.catalogue, acceptance.snapshot
        )
    except NotApplicableError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def facts(planned: PlannedCheck, acceptance: Acceptance) -> Facts:
    """What was observed of this target."""
    return acceptance.snapshot.of(planned.target.kind, planned.target.name)


@pytest.fixture
def platform(planned: PlannedCheck, acceptance: Acceptance) -> PlatformFacts:
    """What was observed of the installed cluster that this target is or is found in."""
    return acceptance.platform_of(planned.target)


@pytest.fixture
def found(planned: PlannedCheck, acceptance: Acceptance, requirement: OwedRequirement) -> Any:  # noqa: ANN401, ARG001 - of any kind; whether it is owed is settled first
    """What was found in the cluster and is judged here."""
    return acceptance.item_of(planned.target)


@pytest.fixture
def layout(planned: PlannedCheck, acceptance: Acceptance) -> ClusterLayout:
    """The cluster that this target is found in, as the inventory plans it."""
    return cast("ClusterFacts", acceptance.snapshot.of("cluster", planned.target.cluster)).layout


@pytest.fixture
def isolation_marks(acceptance: Acceptance) -> IsolationMarks:
    """What nodes that only the platform uses are marked with, by the inventory."""
    isolation = acceptance.inventory.site.isolation
    if isolation is None:
        raise CollectionError("the inventory plans no platform isolation", kind="unsaid")
    return IsolationMarks(isolation.taints, isolation.labels)


@pytest.fixture
def peers(planned: PlannedCheck, acceptance: Acceptance) -> Peers:
    """What was observed of all nodes of this node's cluster that were collected, itself among them."""
    return acceptance.nodes_of_cluster(planned.target)


@pytest.fixture
def taken(acceptance: Acceptance) -> datetime:
    """When collection began; dates are judged by it, so that a snapshot is judged the same on any day."""
    return datetime.fromisoformat(acceptance.snapshot.taken)


@pytest.fixture
def interfaces(peers: Mapping[str, NodeFacts]) -> Mapping[str, Sequence[Interface]]:
    """The addresses with prefix lengths of this cluster's nodes, where they were measured."""
    return known_interfaces(peers)


@pytest.fixture
def node_networks(
    facts: ClusterFacts, interfaces: Mapping[str, Sequence[Interface]], requirement: OwedRequirement
) -> Iterable[NodeNetwork]:
    """The networks that the nodes of this cluster are in, where the network plugin has them beside the cluster's."""
    return networks_of_nodes(facts.layout, interfaces) if requirement["beside_nodes"] else ()


@pytest.fixture
def peer(planned: PlannedCheck, acceptance: Acceptance) -> ClusterFacts:
    """What is known of the other cluster of the disaster recovery pair."""
    others = [name for name in acceptance.inventory.site.clusters if name != planned.target.name]
    if len(others) != 1:
        raise CollectionError(f"the inventory names {len(others) + 1} clusters, and a pair are two", kind="unsaid")
    found: Any = acceptance.snapshot.of("cluster", others[0])
    return cast("ClusterFacts", found)


@pytest.fixture
def primary(acceptance: Acceptance) -> Mapping[str, NodeFacts]:
    """What was observed of the control plane nodes of the pair's primary."""
    return acceptance.control_plane_of(ClusterRole.PRIMARY)


@pytest.fixture
def known_address(planned: PlannedCheck) -> str:
    """The address, or the name in its place, by which the inventory knows this node."""
    if planned.target.node is None:
        raise CollectionError(f"{planned.target.name} is no node of the inventory", kind="unsaid")
    return planned.target.node.address


@pytest.fixture
def package_folder(acceptance: Acceptance) -> str:
    """The folder in which the installation package is unpacked."""
    return acceptance.inventory.site.package.folder


@pytest.fixture
def mesh(planned: PlannedCheck, acceptance: Acceptance) -> Mesh:
    """The paths between the nodes of this node's cluster."""
    return acceptance.mesh_of(planned.target)


@pytest.fixture
def own_cluster(planned: PlannedCheck, acceptance: Acceptance) -> Cluster:
    """The inventory's entry of this node's cluster."""
    if planned.target.node is None:
        raise CollectionError(f"{planned.target.name} is no node of the inventory", kind="unsaid")
    return acceptance.inventory.site.clusters[planned.target.node.cluster]


@pytest.fixture
def planned_domains(own_cluster: Cluster) -> list[str]:
    """The domains by which this node's cluster is to be reached."""
    planned = (own_cluster.parameters.platform_address, own_cluster.parameters.cluster_endpoint)
    return list(dict.fromkeys(name for name in planned if name and not is_address(name)))


@pytest.fixture
def platform_addresses(own_cluster: Cluster) -> list[str]:
    """The addresses that these domains may lead to."""
    addresses = [address for address in (own_cluster.vip, own_cluster.external_ip) if address]
    if not addresses:
        raise CollectionError("the inventory names neither vip nor external_ip of the cluster", kind="unsaid")
    return addresses
