"""The workloads, by kind."""

from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.workloads import WorkloadKind
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.workloads.rolled-out")
def test_workloads_are_rolled_out(found: WorkloadKind, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*found.faults])
    require_whole(found)
