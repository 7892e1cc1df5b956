"""Names, name resolution and ports of the nodes before installation."""

import re

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.network.hostname")
def test_hostname_follows_the_rules(facts: NodeFacts, requirement: OwedRequirement) -> None:
    name = facts.hostname.name
    requirement.expect(len(name) <= requirement["longest"], "too_long", name=name, length=len(name))
    requirement.expect(re.fullmatch(requirement["pattern"], name), "malformed", name=name)


@verifies("preflight.network.resolv-conf")
def test_name_servers_are_usable(facts: NodeFacts, requirement: OwedRequirement) -> None:
    resolver = facts.resolver
    requirement.expect(resolver.exists, "absent")
    requirement.expect(resolver.nameservers or not resolver.exists, "no_nameserver")
    unusable = [address for address in resolver.nameservers if address.startswith(tuple(requirement["forbidden"]))]
    requirement.expect(not unusable, "forbidden", addresses=unusable)
    requirement.expect(not resolver.stub, "stub")


@verifies("preflight.network.ports-free")
def test_ports_are_free(facts: NodeFacts, requirement: OwedRequirement) -> None:
    holders = facts.listeners.holding(requirement["ports"])
    requirement.expect(not holders, "taken", holders=holders)
