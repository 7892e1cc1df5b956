"""What shows that a failover was done, in the order of the guide's steps. ``standby`` is the new primary."""

from collections.abc import Collection, Mapping
from datetime import datetime

from acp_acceptance.inventory.site import DrPlan
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.components import not_restarted, not_restarted_elsewhere, require_some
from acp_acceptance.model.pair.elasticsearch import unusable
from acp_acceptance.model.pair.failover import not_running, still_forwarded, still_synchronising
from acp_acceptance.model.pair.last_consistency import inconsistent
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.pair.switched_domain import elsewhere, served_by_another
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.failover.elasticsearch-templates")
def test_elasticsearch_lets_the_platform_in(standby_side: SideFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(unusable(standby_side.elasticsearch))


@verifies("dr.failover.consistent-before")
def test_both_held_the_same_before_the_switch(
    pair: PairFacts, switched: datetime, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing(inconsistent(pair.last_consistency, switched, requirement["hours"]))


@verifies("dr.failover.sync-removed")
def test_the_synchroniser_is_gone(
    standby_platform: PlatformFacts, standby_side: SideFacts, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing(still_synchronising(standby_platform.module_infos, standby_side.components))


@verifies("dr.failover.port-closed")
def test_etcd_is_closed_at_both_vips(pair: PairFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(still_forwarded(pair.etcd_ports))


@verifies("dr.failover.dns")
def test_the_domain_leads_to_the_new_primary(  # noqa: PLR0913, PLR0917 - from everywhere
    standby_platform: PlatformFacts,
    pair: PairFacts,
    standby_nodes: Mapping[str, NodeFacts],
    fronts: Mapping[str, Collection[str]],
    recovery: DrPlan,
    requirement: OwedRequirement,
) -> None:
    names, here = standby_platform.names, pair.domain_here
    requirement.expect_nothing(elsewhere(names, here, standby_nodes, fronts, recovery.standby))


@verifies("dr.failover.console")
def test_the_platforms_address_serves_the_new_primary(
    pair: PairFacts, recovery: DrPlan, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing(served_by_another(pair.domain_served, recovery.standby))


@verifies("dr.failover.restarted")
def test_components_were_started_again(
    standby_side: SideFacts, switched: datetime, requirement: OwedRequirement
) -> None:
    require_some(standby_side.components, requirement["services"])
    requirement.expect_nothing(not_restarted(standby_side.components, requirement["services"], switched))


@verifies("dr.failover.restarted-in-workload-clusters")
def test_components_of_workload_clusters_were_started_again(
    pair: PairFacts, switched: datetime, requirement: OwedRequirement
) -> None:
    found, services = pair.workload_components, requirement["services"]
    requirement.expect_nothing(not_restarted_elsewhere(found, services, switched))


@verifies("dr.failover.clusters")
def test_all_clusters_run(standby_platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing(not_running(standby_platform.clusters))
