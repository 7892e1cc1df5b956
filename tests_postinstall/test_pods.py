"""The Pods of each namespace."""

from datetime import datetime, timedelta

from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.pods import PodsOfNamespace, restarting, unwell
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.pods.healthy")
def test_pods_are_healthy(
    found: PodsOfNamespace, platform: PlatformFacts, taken: datetime, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unwell(found, taken, timedelta(minutes=requirement["patience_minutes"]))])
    require_whole(platform.pods)


@verifies("postinstall.pods.restarts")
def test_no_container_restarts_again_and_again(
    found: PodsOfNamespace, platform: PlatformFacts, taken: datetime, requirement: OwedRequirement
) -> None:
    within = timedelta(minutes=requirement["minutes"])
    requirement.expect_nothing([*restarting(found, taken, within, requirement["restarts"])])
    require_whole(platform.pods)
