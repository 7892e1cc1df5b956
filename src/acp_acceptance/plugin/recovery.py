"""What stage ``dr`` needs to know before it can begin, and what is said of the pair before it is judged."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import TYPE_CHECKING, cast

import pytest

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair.domain import active_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from acp_acceptance.inventory import Inventory
    from acp_acceptance.inventory.site import DrPlan
    from acp_acceptance.model.pair import PairFacts
    from acp_acceptance.model.snapshot import Snapshot

_SECONDS_APART = 10
PHASES = ("readiness", "failover")


def add_options(group: pytest.OptionGroup) -> None:
    """Declare the options of the stage."""
    group.addoption(
        "--acp-dr-phase",
        choices=PHASES,
        help="stage dr: would the standby take over (readiness, the default), or did it (failover)",
    )
    group.addoption(
        "--acp-failover-at",
        metavar="TIME",
        type=_moment,
        help="when the domain was switched to the standby, such as 2026-11-21T14:30:00+03:00 (default: the "
        "inventory's dr.switched_at); with --acp-dr-phase=failover",
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time with its zone; write it such as 2026-11-21T14:30:00+03:00, or with Z for UTC"
        )
    if moment > datetime.now(timezone.utc):
        raise argparse.ArgumentTypeError(f"{text!r} is in the future; write when the domain was switched")
    return moment


def with_recovery(config: pytest.Config, inventory: Inventory, stages: Sequence[str]) -> Inventory:
    """Give the inventory with what the options say of the pair; of a recorded run, what they leave out stays.

    Raises:
        pytest.UsageError: stage ``dr`` is to be run and there is no pair, or an option lacks what belongs to it.
    """
    phase, at = config.getoption("acp_dr_phase"), config.getoption("acp_failover_at")
    if "dr" not in stages:
        if phase or at:
            raise pytest.UsageError("--acp-dr-phase and --acp-failover-at are of stage dr; add --acp-stage=dr")
        return inventory
    plan = inventory.site.dr
    if plan is None:
        raise pytest.UsageError(
            "stage dr is about two clusters; name both in an inventory (--acp-inventory=FILE) under acp.clusters:, one "
            "with role: primary and one with role: standby, each with its vip: and kubeconfig: "
            "(inventories/multi-cluster-dr.yml is an example)"
        )
    phase, at_known = phase or plan.phase, at or plan.switched_at
    if phase == "failover" and at_known is None:
        raise pytest.UsageError(
            "--acp-dr-phase=failover needs the time of the switch: give --acp-failover-at=TIME, or write dr: "
            "{switched_at: TIME} in the inventory"
        )
    if at and phase != "failover":
        raise pytest.UsageError("--acp-failover-at is of --acp-dr-phase=failover; give that too, or leave it out")
    plan = plan.model_copy(update={"phase": phase, "switched_at": at_known})
    return inventory.model_copy(update={"site": inventory.site.model_copy(update={"dr": plan})})


def about(inventory: Inventory) -> str:
    """Say which clusters are about to be judged."""
    plan = inventory.site.dr
    assert plan is not None
    clusters = inventory.site.clusters
    named = [
        f"{role} {name} (VIP {clusters[name].vip or 'not named'})"
        for role, name in (("primary", plan.primary), ("standby", plan.standby))
    ]
    return f"{', '.join(named)}; phase {plan.phase}"


def active_in(plan: DrPlan) -> str:
    """Give the cluster that is to serve the platform in a phase."""
    return plan.standby if plan.phase == "failover" else plan.primary


def fronts_of(inventory: Inventory) -> dict[str, list[str]]:
    """Give VIP and External IP of each cluster."""
    return {
        name: [address for address in (cluster.vip, cluster.external_ip) if address]
        for name, cluster in inventory.site.clusters.items()
    }


def roles_told(inventory: Inventory, snapshot: Snapshot) -> Iterator[str]:
    """Say which cluster is active by DNS, and whether the inventory has it so."""
    plan = inventory.site.dr
    assert plan is not None
    fronts = fronts_of(inventory)
    yield from _clocks_told(inventory, snapshot)
    pair = cast("PairFacts", snapshot.of("pair", plan.name))
    try:
        here = pair.domain_here
        active = active_by(here, fronts)
    except CollectionError as error:
        yield f"which cluster is active cannot be told: {error}"
        return
    expected = active_in(plan)
    doubt = "" if active == expected else f"; by the inventory and the phase it is to be {expected}"
    yield f"active is {active}: {here.name} leads to {', '.join(here.addresses)} here{doubt}"


def _clocks_told(inventory: Inventory, snapshot: Snapshot) -> Iterator[str]:
    """Say that the clocks of both clusters differ: times in what they log and hold cannot then be compared."""
    offsets: dict[str, list[tuple[float, float]]] = {}
    for node in inventory.nodes:
        facts = cast("NodeFacts", snapshot.of("node", node.name))
        if facts.is_measured(NodeFacts.clock):
            offsets.setdefault(node.cluster, []).append((facts.clock.offset, facts.clock.error))
    if len(offsets) > 1:
        means = {name: sum(offset for offset, _ in found) / len(found) for name, found in offsets.items()}
        error = sum(max(error for _, error in found) for found in offsets.values())
        (first, one), (second, other) = list(means.items())[:2]
        if abs(one - other) - error > _SECONDS_APART:
            yield (
                f"the clocks of {first} and {second} are {abs(one - other):.0f} s apart: times of both cannot be "
                "compared; set the nodes of both by the same NTP servers"
            )
