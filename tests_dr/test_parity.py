"""What must be the same on both sides of the pair."""

from acp_acceptance.model.pair.releases import unlike, unlike_machines, unlike_plugins
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
