"""What is left of the installer."""

from datetime import datetime, timedelta

from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.installer import left_over, require_seen
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.platform.installer-removed")
def test_installer_is_removed(platform: PlatformFacts, taken: datetime, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*left_over(platform.installer, taken, timedelta(minutes=requirement["minutes"]))])
    require_seen(platform.installer)
