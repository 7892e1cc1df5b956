"""Reaching the nodes, and their SSH servers, before installation."""

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.users.node-reachable")
def test_node_is_reachable(facts: NodeFacts, requirement: OwedRequirement) -> None:
    contact = facts.contact
    requirement.expect(contact.outcome == "answered", contact.outcome, address=contact.address, detail=contact.detail)


@verifies("preflight.users.sshd-options")
def test_sshd_options_are_set(facts: NodeFacts, requirement: OwedRequirement) -> None:
    for option, wanted in requirement["options"].items():
        value = facts.sshd.option(option)
        requirement.expect(value == wanted, "differs", option=option, value=value)
