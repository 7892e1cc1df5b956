"""What the platform needs of its cluster."""

from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.cluster_services import not_everywhere, unavailable, unbound, undecided, unserved
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.cluster.storage")
def test_claims_are_bound(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unbound(platform.claims, platform.storage_classes)])
    require_whole(platform.claims)
    require_whole(platform.storage_classes)


@verifies("postinstall.cluster.apiservices")
def test_apis_are_available(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unavailable(platform.api_services)])
    require_whole(platform.api_services)


@verifies("postinstall.cluster.csr")
def test_no_request_for_a_certificate_waits(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*undecided(platform.signing_requests)])
    require_whole(platform.signing_requests)


@verifies("postinstall.cluster.webhooks")
def test_webhooks_are_served(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    # A Service whose slices were not seen would seem to have none.
    require_whole(platform.service_backends)
    requirement.expect_nothing([*unserved(platform.webhooks, platform.service_backends)])
    require_whole(platform.webhooks)


@verifies("postinstall.cluster.cni")
def test_network_plugin_runs_on_every_node(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    require_whole(platform.daemon_sets)
    requirement.expect_nothing([*not_everywhere(platform.daemon_sets, platform.nodes, requirement["daemonset"])])
    require_whole(platform.nodes)
