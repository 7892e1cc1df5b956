"""Names, as Pods of the cluster resolve them."""

from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.names import misresolved, require_asked
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.cluster.dns")
def test_names_resolve_alike_everywhere(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*misresolved(platform.names)])
    require_asked(platform.names)
