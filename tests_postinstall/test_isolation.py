"""Nodes and clusters that only the platform uses."""

from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.isolation import IsolationMarks, foreign, unmarked
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.isolation.marks")
def test_platform_s_nodes_are_marked(
    platform: PlatformFacts, isolation_marks: IsolationMarks, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unmarked(platform.nodes, isolation_marks)])
    require_whole(platform.nodes)


@verifies("postinstall.isolation.foreign-workloads")
def test_only_the_platform_runs_here(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*foreign(platform.pods, requirement["namespaces"])])
    require_whole(platform.pods)
