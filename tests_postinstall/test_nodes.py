"""The nodes of the cluster, and those that the inventory plans."""

from acp_acceptance.model.layout import ClusterLayout
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.nodes import PlatformNode, control_plane_of, other_kubelet, unplanned, unready
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.nodes.ready")
def test_node_is_ready(
    found: PlatformNode, platform: PlatformFacts, layout: ClusterLayout, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unready(found)])
    requirement.expect_nothing([*unplanned(found, layout)])
    requirement.expect_nothing([*other_kubelet(found, platform.nodes)])
    require_whole(platform.nodes)


@verifies("postinstall.control-plane.count")
def test_number_of_control_plane_nodes_is_supported(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    require_whole(platform.nodes)
    nodes = control_plane_of(platform.nodes)
    requirement.expect(len(nodes) in requirement["allowed"], "count", count=len(nodes), nodes=nodes)
