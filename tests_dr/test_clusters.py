"""What each cluster of the pair must be for itself."""

from acp_acceptance.model.pair.node_names import untelling
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.node-names.telling")
def test_names_of_nodes_tell_their_cluster(
    primary_platform: PlatformFacts, standby_platform: PlatformFacts, requirement: OwedRequirement
) -> None:
    primary, standby = primary_platform.nodes, standby_platform.nodes
    require_whole(primary)
    require_whole(standby)
    names = {primary_platform.target: primary.items, standby_platform.target: standby.items}
    requirement.expect_nothing([*untelling(names)])
