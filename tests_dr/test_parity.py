"""What must be the same on both sides of the pair."""

from collections.abc import Mapping

from acp_acceptance.model.cluster import PlannedInstallation
from acp_acceptance.model.pair.front import unlike_certificates
from acp_acceptance.model.pair.operators import not_deployed
from acp_acceptance.model.pair.parameters import (
    not_at_vip,
    other_ports,
    repository_elsewhere,
    unlike_addresses,
    unlike_repositories,
    unlike_value,
)
from acp_acceptance.model.pair.registry import not_copied
from acp_acceptance.model.pair.releases import unlike, unlike_machines, unlike_plugins
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.parity.release")
def test_both_clusters_are_of_one_release(
    primary_platform: PlatformFacts,
    standby_platform: PlatformFacts,
    package_architecture: str,
    requirement: OwedRequirement,
) -> None:
    requirement.expect_nothing([*unlike(primary_platform, standby_platform)])
    requirement.expect_nothing([*unlike_plugins(primary_platform, standby_platform, requirement["ignored"])])
    requirement.expect_nothing([*unlike_machines(primary_platform, standby_platform, package_architecture)])


@verifies("dr.parity.operators")
def test_standby_has_the_primarys_operators(
    primary_side: SideFacts, standby_side: SideFacts, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*not_deployed(primary_side.operators, standby_side.operators)])


@verifies("dr.parity.access-address")
def test_both_clusters_have_the_same_address(
    primary_side: SideFacts,
    standby_side: SideFacts,
    installations: Mapping[str, PlannedInstallation],
    requirement: OwedRequirement,
) -> None:
    requirement.expect_nothing([*unlike_addresses(primary_side, standby_side)])
    requirement.expect_nothing([*other_ports(primary_side, requirement["ports"])])
    requirement.expect_nothing([*other_ports(standby_side, requirement["ports"])])
    requirement.expect_nothing([*not_at_vip(primary_side, installations)])
    requirement.expect_nothing([*not_at_vip(standby_side, installations)])


@verifies("dr.parity.certificate")
def test_both_clusters_serve_one_certificate(
    primary_side: SideFacts,
    standby_side: SideFacts,
    installations: Mapping[str, PlannedInstallation],
    requirement: OwedRequirement,
) -> None:
    requirement.expect_nothing([*unlike_certificates(primary_side, standby_side, installations)])


@verifies("dr.parity.image-repository")
def test_both_clusters_have_one_image_repository(
    primary_side: SideFacts,
    standby_side: SideFacts,
    installations: Mapping[str, PlannedInstallation],
    requirement: OwedRequirement,
) -> None:
    requirement.expect_nothing([*unlike_repositories(primary_side, standby_side)])
    requirement.expect_nothing([*repository_elsewhere(primary_side, installations)])


@verifies("dr.parity.images")
def test_standby_holds_the_primarys_images(
    primary_side: SideFacts, standby_side: SideFacts, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*not_copied(primary_side.registry, standby_side.registry)])


@verifies("dr.parity.admin-user")
def test_both_clusters_have_one_administrator(
    primary_side: SideFacts, standby_side: SideFacts, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unlike_value(primary_side, standby_side, "admin_user")])
