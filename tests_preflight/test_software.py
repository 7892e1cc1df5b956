"""Software that must not be on the nodes before installation."""

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies
from acp_acceptance.requirements.packages import conflicting, similar


@verifies("preflight.software.conflicting-packages")
def test_no_package_conflicts(facts: NodeFacts, requirement: OwedRequirement) -> None:
    found = conflicting(facts.packages, requirement["packages"], requirement["families"], requirement["snaps"])
    requirement.expect(not found, "installed", packages=found)


@verifies("preflight.software.conflicting-packages-advised")
def test_no_package_resembles_a_conflicting_one(facts: NodeFacts, requirement: OwedRequirement) -> None:
    found = similar(facts.packages, requirement["packages"], requirement["families"])
    requirement.expect(not found, "similar", packages=found)
