"""Names, name resolution and ports of the nodes before installation."""

import re
from collections.abc import Iterable

from acp_acceptance.model.cluster import ClusterFacts
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.overlap import NodeNetwork, overlaps, overlaps_with_nodes, own_networks
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


@verifies("preflight.network.cidr-overlap")
def test_networks_do_not_overlap(
    facts: ClusterFacts, node_networks: Iterable[NodeNetwork], requirement: OwedRequirement
) -> None:
    networks = own_networks(facts.layout.networks, requirement.values, requirement["families"])
    requirement.expect_nothing(overlaps(networks))
    requirement.expect_nothing([*overlaps_with_nodes(networks, node_networks)])
