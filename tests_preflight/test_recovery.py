"""Installation parameters of clusters that are planned as a disaster recovery pair."""

from collections.abc import Mapping

from acp_acceptance.model.between import other_keys
from acp_acceptance.model.cluster import ClusterFacts, different, require_said, unfit_for_recovery
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.recovery.dr-parameters")
def test_parameters_fit_disaster_recovery(
    facts: ClusterFacts, peer: ClusterFacts, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unfit_for_recovery(facts.planned), *different(facts.planned, peer.planned)])
    require_said(facts.planned)


@verifies("preflight.recovery.dr-encryption-key-copied")
def test_encryption_key_is_the_primarys(
    facts: NodeFacts, primary: Mapping[str, NodeFacts], requirement: OwedRequirement
) -> None:
    own = facts.encryption
    requirement.expect(own.present, "absent")
    kept = not own.present or (own.owner, own.mode) == (requirement["owner"], requirement["mode"])
    requirement.expect(kept, "rights", owner=own.owner, mode=own.mode)
    requirement.expect_nothing(other_keys(own, primary))
