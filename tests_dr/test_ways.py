"""The ways to both clusters: load balancers, and the domain that decides which of them serves."""

from collections.abc import Mapping, Sequence

from acp_acceptance.model.cluster import PlannedInstallation
from acp_acceptance.model.pair.domain import View, misled, require_seen
from acp_acceptance.model.pair.front import closed, not_etcds_own, self_built
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.pair.load-balancer")
def test_load_balancer_lets_the_platform_through(
    side: SideFacts, installations: Mapping[str, PlannedInstallation], requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*closed(side.front, requirement["ports"])])
    requirement.expect_nothing([*not_etcds_own(side.front)])
    requirement.expect_nothing([*self_built(side.target, installations)])


@verifies("dr.pair.load-balancer-advised")
def test_load_balancer_lets_http_through(side: SideFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*closed(side.front, requirement["ports"])])


@verifies("dr.dns.platform-domain")
def test_domain_leads_to_the_active_cluster(
    views: list[View], fronts: Mapping[str, Sequence[str]], to_be_active: str, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*misled(views, to_be_active, fronts)])
    require_seen(views)
