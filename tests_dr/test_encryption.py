"""The keys by which both clusters encrypt what they keep."""

from collections.abc import Mapping

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair.encryption import not_deterministic, require_all, unlike_keys
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.encryption.same-keys")
def test_all_control_plane_nodes_have_the_same_keys(
    control_plane: Mapping[str, NodeFacts], requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unlike_keys(control_plane, requirement["owner"], requirement["mode"])])
    require_all(control_plane)


@verifies("dr.encryption.deterministic")
def test_both_clusters_encrypt_alike(
    primary_side: SideFacts, standby_side: SideFacts, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*not_deterministic(primary_side, standby_side, requirement["wanted"])])
