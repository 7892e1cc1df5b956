"""Names, addresses, routes and ports of the nodes before installation."""

import re
from collections.abc import Iterable

from acp_acceptance.model.addresses import unusable
from acp_acceptance.model.cluster import ClusterFacts
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.overlap import NodeNetwork, overlaps, overlaps_with_nodes, own_networks
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.network.hostname")
def test_hostname_follows_the_rules(facts: NodeFacts, requirement: OwedRequirement) -> None:
    for name in facts.hostname.names:
        requirement.expect(len(name) <= requirement["longest"], "too_long", name=name, length=len(name))
        requirement.expect(re.fullmatch(requirement["pattern"], name), "malformed", name=name)


@verifies("preflight.network.localhost")
def test_localhost_is_the_loopback(facts: NodeFacts, requirement: OwedRequirement) -> None:
    name = requirement["name"]
    addresses = facts.hosts.ipv4_of(name)
    requirement.expect(addresses, "absent", name=name)
    requirement.expect(set(addresses) <= {requirement["address"]}, "other", name=name, addresses=addresses)


@verifies("preflight.network.resolv-conf")
def test_name_servers_are_usable(facts: NodeFacts, requirement: OwedRequirement) -> None:
    resolver = facts.resolver
    requirement.expect(resolver.exists, "absent")
    requirement.expect(resolver.nameservers or not resolver.exists, "no_nameserver")
    unusable_ones = [address for address in resolver.nameservers if address.startswith(tuple(requirement["forbidden"]))]
    requirement.expect(not unusable_ones, "forbidden", addresses=unusable_ones)
    service = [requirement["service"]]
    requirement.expect(not facts.services.active(service) + facts.services.at_boot(service), "stub")


@verifies("preflight.network.search-domains")
def test_search_domains_are_few_and_short(facts: NodeFacts, requirement: OwedRequirement) -> None:
    domains, longest = facts.resolver.search, requirement["longest"]
    requirement.expect(len(domains) <= requirement["domains"], "too_many", count=len(domains), domains=domains)
    long = [domain for domain in domains if len(domain) > longest]
    requirement.expect(not long, "too_long", longest=longest, domains=long)
    length = len(" ".join(domains))
    requirement.expect(length <= requirement["together"], "together", length=length)


@verifies("preflight.network.node-address")
def test_node_has_the_address_it_is_known_by(
    facts: NodeFacts, known_address: str, requirement: OwedRequirement
) -> None:
    interfaces = facts.interfaces
    address = interfaces.known_by(known_address, facts.access.arrived_at)
    kind = unusable(address)
    requirement.expect(not kind, "unusable", address=address, kind=kind)
    requirement.expect(interfaces.has(address), "elsewhere", address=address, found=interfaces.global_addresses())


@verifies("preflight.network.default-route")
def test_node_has_a_default_route(facts: NodeFacts, requirement: OwedRequirement) -> None:
    missing = facts.interfaces.without_default_route(requirement["ip_family"])
    requirement.expect(not missing, "missing", families=missing)


@verifies("preflight.network.dual-stack")
def test_node_has_an_ipv6_address(facts: NodeFacts, requirement: OwedRequirement) -> None:
    version = requirement["version"]
    requirement.expect(facts.interfaces.global_addresses(version), "missing", version=version)


@verifies("preflight.network.reserved-range")
def test_installers_range_is_free(facts: NodeFacts, requirement: OwedRequirement) -> None:
    found = facts.interfaces.within(requirement["first"], requirement["last"])
    requirement.expect(not found, "taken", found=found)


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
