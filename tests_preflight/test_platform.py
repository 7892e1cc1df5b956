"""What the platform's addresses lead to before installation."""

from acp_acceptance.model.cluster import ClusterFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.platform.load-balancer")
def test_load_balancer_leads_to_every_node(facts: ClusterFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(facts.forwarding.faults())
    facts.forwarding.require_whole()
