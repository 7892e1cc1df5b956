"""The certificates that the platform shows, and the one that it was given."""

from datetime import datetime

from acp_acceptance.model.platform.certificates import PlatformCertificate, expiring, require_known, unfit
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.platform.certificates")
def test_certificate_fits(found: PlatformCertificate, taken: datetime, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unfit(found, taken, requirement["days"])])
    require_known(found)


@verifies("postinstall.platform.certificates-advised")
def test_certificate_has_time_left(found: PlatformCertificate, taken: datetime, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*expiring(found, taken, requirement["days"])])
