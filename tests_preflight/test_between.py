"""What must differ, and what must agree, between the nodes of a cluster before installation."""

from acp_acceptance.model.between import Peers
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.paths import Mesh
from acp_acceptance.model.throughput import rates_of
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.between.hostname-unique")
def test_node_has_its_own_identity(facts: NodeFacts, peers: Peers, requirement: OwedRequirement) -> None:
    shared = peers.shared_identities(facts.target)
    requirement.expect(not shared, "shared", shared=shared)


@verifies("preflight.between.clock", "preflight.between.clock-advised")
def test_clocks_agree(facts: NodeFacts, peers: Peers, requirement: OwedRequirement) -> None:
    apart = peers.clock_difference(facts.target)
    agree = apart.at_most(requirement["seconds"])
    requirement.expect(agree, "apart", peer=apart.peer, seconds=round(apart.seconds, 3), error=round(apart.error, 3))


@verifies("preflight.between.timezone")
def test_time_zones_are_the_same(facts: NodeFacts, peers: Peers, requirement: OwedRequirement) -> None:
    differs = peers.other_zone(facts.target)
    requirement.expect_nothing([("differs", vars(zone)) for zone in differs])


@verifies("preflight.between.bandwidth", "preflight.between.bandwidth-advised")
def test_bandwidth_suffices(facts: NodeFacts, requirement: OwedRequirement) -> None:
    for rate in rates_of(facts):
        enough = rate.at_least(requirement["megabits"][rate.scope], requirement["payload_percent"])
        requirement.expect(enough, rate.sentence, what=rate.what, megabits=rate.megabits)


@verifies("preflight.between.node-firewall")
def test_nothing_is_filtered(facts: NodeFacts, mesh: Mesh, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(mesh.filtered(facts.target))
    requirement.evidence["tried"] = len(facts.reach.peers)
    requirement.evidence["of"] = facts.reach.of


@verifies("preflight.between.latency", "preflight.between.latency-advised")
def test_round_trips_are_short(facts: NodeFacts, mesh: Mesh, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(mesh.slow(facts.target, requirement["milliseconds"]))


@verifies("preflight.between.mtu")
def test_full_packets_get_through(facts: NodeFacts, mesh: Mesh, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(mesh.narrow(facts.target))
