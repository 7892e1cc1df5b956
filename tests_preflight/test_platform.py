"""The platform's addresses, load balancer, certificate and package before installation."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from acp_acceptance.model.certificate import out_of_time, require_known, uncovered, unusable
from acp_acceptance.model.cluster import ClusterFacts
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.overlap import Interface
from acp_acceptance.model.package import (
    core_package,
    disproved,
    misnamed,
    misplaced_extensions,
    of_installer,
    require_proof,
    unfit_architecture,
)
from acp_acceptance.model.paths import elsewhere
from acp_acceptance.model.vip import (
    forbidden_self_built,
    held,
    misplanned,
    occupied,
    outside_subnet,
    require_vrid,
)
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.platform.vip")
def test_vip_is_planned_and_free(
    facts: ClusterFacts, interfaces: Mapping[str, Sequence[Interface]], requirement: OwedRequirement
) -> None:
    node_allowed = requirement["node_allowed"]
    requirement.expect_nothing([*misplanned(facts.layout, requirement["vrids"], node_allowed=node_allowed)])
    requirement.expect_nothing([*held(facts.layout, interfaces, node_allowed=node_allowed)])
    requirement.expect_nothing([*occupied(facts.layout, facts.runner_view, node_allowed=node_allowed)])
    requirement.expect_nothing([*outside_subnet(facts.layout, interfaces)])
    require_vrid(facts.layout)


@verifies("preflight.platform.self-built-vip")
def test_self_built_vip_is_allowed(facts: ClusterFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*forbidden_self_built(facts.layout, requirement["forbids"])])


@verifies("preflight.platform.installer-port")
def test_installer_port_is_reachable(facts: ClusterFacts, requirement: OwedRequirement) -> None:
    installer = facts.layout.installer
    knock = facts.runner_view.port(installer.address, requirement["port"])
    reached = knock.state in ("open", "refused")
    requirement.expect(reached, knock.state, node=installer.name, address=knock.address, port=knock.port)


@verifies("preflight.platform.certificate")
def test_certificate_is_usable(facts: ClusterFacts, taken: datetime, requirement: OwedRequirement) -> None:
    certificate = facts.certificate
    requirement.expect_nothing([*unusable(certificate, own=requirement["own"])])
    requirement.expect_nothing([*uncovered(certificate, facts.planned)])
    requirement.expect_nothing([*out_of_time(certificate.chain, taken, requirement["days"])])
    require_known(certificate, facts.planned)


@verifies("preflight.platform.package")
def test_package_fits_and_is_whole(
    facts: ClusterFacts, peers: Mapping[str, NodeFacts], requirement: OwedRequirement
) -> None:
    planned, node = facts.layout.package, of_installer(facts.layout, peers)
    requirement.expect(node.package.named_file is not False, "missing", file=planned.file, node=node.target)
    file = core_package(node.package, planned)
    requirement.expect_nothing([*misnamed(file, planned, requirement.values)])
    requirement.expect_nothing([*misplaced_extensions(node.package, requirement["extensions"])])
    requirement.expect_nothing([*unfit_architecture(file, planned, requirement["pattern"], peers)])
    requirement.expect_nothing([*disproved(file, planned, node.package_proof)])
    require_proof(planned, node.package_proof, needed=requirement["proof_needed"])


@verifies("preflight.platform.load-balancer")
def test_load_balancer_leads_to_every_node(facts: ClusterFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(facts.forwarding.faults())
    facts.forwarding.require_whole()


@verifies(
    "preflight.platform.platform-domain",
    "preflight.platform.platform-domain-advised",
    "preflight.recovery.dr-domain-points-here",
)
def test_domain_leads_to_the_platform(
    facts: NodeFacts, planned_domains: Sequence[str], platform_addresses: Sequence[str], requirement: OwedRequirement
) -> None:
    found = {name: facts.resolved.of(name) for name in planned_domains}
    requirement.expect(found, "none")
    requirement.expect_nothing([*elsewhere(found, platform_addresses)])
