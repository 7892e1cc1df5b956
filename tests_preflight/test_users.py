"""Reaching the nodes, the rights there, and limits of users before installation."""

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.users.node-reachable")
def test_node_is_reachable(facts: NodeFacts, requirement: OwedRequirement) -> None:
    contact = facts.contact
    requirement.expect(contact.outcome == "answered", contact.outcome, address=contact.address, detail=contact.detail)


@verifies("preflight.users.root-rights")
def test_user_has_root_rights(facts: NodeFacts, requirement: OwedRequirement) -> None:
    access = facts.access
    allowed = access.rights in requirement["rights"]
    requirement.expect(allowed, "missing", user=access.user, rights=access.rights, detail=access.detail)


@verifies("preflight.users.sshd-options")
def test_sshd_options_are_set(facts: NodeFacts, requirement: OwedRequirement) -> None:
    for option, wanted in requirement["options"].items():
        value = facts.sshd.option(option)
        requirement.expect(value == wanted, "differs", option=option, value=value)


@verifies("preflight.users.default-tasks-max", "preflight.users.default-tasks-max-advised")
def test_tasks_are_not_limited(facts: NodeFacts, requirement: OwedRequirement) -> None:
    tasks = facts.tasks
    requirement.expect(tasks.allows(requirement["tasks"]), "limited", limit=tasks.limit)
