"""The platform's AppReleases."""

from acp_acceptance.model.platform.appreleases import AppRelease, unhealthy
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.appreleases.healthy")
def test_apprelease_is_healthy(found: AppRelease, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unhealthy(found)])
