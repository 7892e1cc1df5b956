"""Installation parameters of clusters that are planned as a disaster recovery pair."""

from acp_acceptance.model.cluster import ClusterFacts, different, require_said, unfit_for_recovery
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.recovery.dr-parameters")
def test_parameters_fit_disaster_recovery(
    facts: ClusterFacts, peer: ClusterFacts, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unfit_for_recovery(facts.planned), *different(facts.planned, peer.planned)])
    require_said(facts.planned)
