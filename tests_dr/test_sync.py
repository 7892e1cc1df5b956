"""Synchronisation of etcd: the plugin, what its monitor says, and what both clusters really hold."""

from datetime import datetime, timedelta

from acp_acceptance.model.pair import PairFacts, check, comparison, lag, path, synchroniser
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.resources import modules_named
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.sync.plugin")
def test_synchroniser_is_on_the_standby_alone(
    primary_platform: PlatformFacts,
    standby_platform: PlatformFacts,
    primary_side: SideFacts,
    requirement: OwedRequirement,
) -> None:
    primary, standby = primary_platform.module_infos, standby_platform.module_infos
    name = requirement["module"]
    installed, misplaced = modules_named(standby, [name], name), modules_named(primary, [name], name)
    requirement.expect_nothing([*synchroniser.off_side(misplaced, primary_side.synchroniser)])
    require_whole(primary)
    require_whole(standby)
    requirement.expect(installed, "missing", module=name)
    for module in installed:
        requirement.expect(module.phase == "Running", "phase", phase=module.phase, module=name)


@verifies("dr.sync.plugin-settings")
def test_synchroniser_has_its_usual_settings(standby_side: SideFacts, requirement: OwedRequirement) -> None:
    settings = standby_side.sync_settings
    requirement.expect_nothing([*synchroniser.detailed(settings, requirement["details"])])
    requirement.expect_nothing([*synchroniser.unusual(settings, requirement["interval"])])


@verifies("dr.sync.pods")
def test_synchroniser_runs(standby_side: SideFacts, taken: datetime, requirement: OwedRequirement) -> None:
    found = standby_side.synchroniser
    patience = timedelta(minutes=requirement["patience_minutes"])
    requirement.expect_nothing([*synchroniser.not_running(found, taken, patience)])
    judge = synchroniser.not_led if requirement["leader"] else synchroniser.not_started
    requirement.expect_nothing([*judge(found)])


@verifies("dr.sync.consistent")
def test_monitor_finds_both_sides_alike(pair: PairFacts, requirement: OwedRequirement) -> None:
    compared = pair.comparison if pair.is_measured(PairFacts.comparison) else None
    requirement.expect_nothing([*check.unlike(pair.check, compared)])
    check.require_understood(pair.check)


@verifies("dr.sync.after-enable")
def test_what_depends_on_synchronisation_was_restarted(standby_side: SideFacts, requirement: OwedRequirement) -> None:
    found = standby_side.synchroniser
    requirement.expect_nothing([*synchroniser.not_restarted(found, standby_side.restarted_pods)])
    grace = timedelta(seconds=requirement["grace_seconds"])
    requirement.expect(synchroniser.recreated(found, grace), "never_recreated")


@verifies("dr.sync.independent")
def test_both_sides_hold_the_same(pair: PairFacts, requirement: OwedRequirement) -> None:
    found = pair.comparison
    requirement.expect_nothing([*comparison.unlike(found, requirement["differences"]), *comparison.unsaid(found)])
    comparison.require_compared(found)


@verifies("dr.sync.independent-advised")
def test_nothing_was_changed_on_the_standby(pair: PairFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*comparison.unlike(pair.comparison, requirement["differences"])])
    comparison.require_compared(pair.comparison)


@verifies("dr.sync.lag")
def test_standby_follows_quickly(pair: PairFacts, requirement: OwedRequirement) -> None:
    requirement.evidence.update(lag.summary(pair.lag))
    requirement.expect_nothing([*lag.slow(pair.lag, requirement["seconds"])])
    lag.require_rounds(pair.lag)


@verifies("dr.sync.path")
def test_standby_reaches_the_etcd_of_the_primary(pair: PairFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*path.unreached(pair.etcd_path)])
    requirement.expect_nothing([*path.distant(pair.etcd_path, requirement["milliseconds"])])
    path.require_tried(pair.etcd_path)


@verifies("dr.sync.path-advised")
def test_way_to_the_etcd_of_the_primary_is_short(pair: PairFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*path.distant(pair.etcd_path, requirement["milliseconds"])])
    path.require_tried(pair.etcd_path, timed=True)
