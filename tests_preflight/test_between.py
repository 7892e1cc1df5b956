"""What must differ, and what must agree, between the nodes of a cluster before installation."""

from collections.abc import Mapping

from acp_acceptance.model.between import clock_difference, shared_identities
from acp_acceptance.model.mesh import filtered
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.between.hostname-unique")
def test_node_has_its_own_identity(
    facts: NodeFacts, peers: Mapping[str, NodeFacts], requirement: OwedRequirement
) -> None:
    shared = shared_identities(facts, peers)
    requirement.expect(not shared, "shared", shared=shared)


@verifies("preflight.between.clock", "preflight.between.clock-advised")
def test_clocks_agree(facts: NodeFacts, peers: Mapping[str, NodeFacts], requirement: OwedRequirement) -> None:
    apart = clock_difference(facts, peers)
    agree = apart.at_most(requirement["seconds"])
    requirement.expect(agree, "apart", peer=apart.peer, seconds=round(apart.seconds, 3), error=round(apart.error, 3))


@verifies("preflight.between.node-firewall")
def test_nothing_is_filtered(facts: NodeFacts, peers: Mapping[str, NodeFacts], requirement: OwedRequirement) -> None:
    requirement.expect_nothing(filtered(facts, peers, requirement["ip_protocols"]))
