"""What each cluster of the pair must be for itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair.backup import outdated
from acp_acceptance.model.pair.health import (
    not_running,
    require_known,
    sick_kinds,
    sick_nodes,
    sick_pods,
    sick_releases,
)
from acp_acceptance.model.pair.node_names import untelling
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.machines.running")
def test_machines_are_running(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*not_running(platform)])
    require_whole(platform.machines)


@verifies("dr.workloads.healthy")
def test_cluster_is_well(platform: PlatformFacts, taken: datetime, requirement: OwedRequirement) -> None:
    patience = timedelta(minutes=requirement["patience_minutes"])
    requirement.expect_nothing([*sick_kinds(platform, requirement["kinds"])])
    requirement.expect_nothing([*sick_releases(platform)])
    requirement.expect_nothing([*sick_pods(platform, taken, patience)])
    requirement.expect_nothing([*sick_nodes(platform)])
    require_known(platform, requirement["kinds"])


@verifies("dr.etcd-backup.recent")
def test_etcd_was_backed_up(side: SideFacts, taken: datetime, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*outdated(side.backup, taken, timedelta(hours=requirement["hours"]))])


@verifies("dr.node-names.cluster")
def test_names_of_nodes_tell_their_cluster(
    nodes_by_cluster: Mapping[str, Mapping[str, NodeFacts]], requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*untelling(nodes_by_cluster)])
