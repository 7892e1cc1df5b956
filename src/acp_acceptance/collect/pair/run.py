"""Collecting a disaster recovery pair, after each of its clusters was read as a platform."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from acp_acceptance.collect.pair.identity import reached
from acp_acceptance.collect.pair.subjects import Both, Seal, Side
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.side_by_side import do_all, do_here
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.platform import PlatformFacts

if TYPE_CHECKING:
    from acp_acceptance.collect.platform.run import Sources, Telling
    from acp_acceptance.inventory import Inventory
    from acp_acceptance.model.cluster import ClusterFacts
    from acp_acceptance.model.layout import ClusterLayout
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.snapshot import Snapshot

_ANSWERS = 4
"""A step asks at most so many things one after the other that can each take the whole deadline."""


def collect_pair(
    inventory: Inventory, sources: Sources, deadline: float, progress: Telling, snapshot: Snapshot
) -> bool:
    """Collect both sides and the pair into ``snapshot``; ``False`` where that was interrupted.

    The snapshot holds what was read of both platforms, of the nodes, and what the inventory plans.
    """
    recovery = inventory.site.dr
    assert recovery is not None
    interrupted = Problem("interrupted", "the run was interrupted before it was read")
    names = (recovery.primary, recovery.standby)
    for name in names:
        snapshot.targets["side", name] = SideFacts(name, dict.fromkeys(SideFacts.declared(), interrupted))
    snapshot.targets["pair", recovery.name] = PairFacts(recovery.name, dict.fromkeys(PairFacts.declared(), interrupted))
    try:
        seal = Seal()
        primary, standby = (_side(name, inventory, sources, deadline, snapshot, seal) for name in names)
        both = Both(*_recognised(primary, standby, progress, snapshot), snapshot.active_allowed_by)
        _collect(both, recovery.name, progress, snapshot)
    except KeyboardInterrupt:
        return False
    return True


def _side(  # noqa: PLR0913, PLR0917 - what a side is made of
    name: str, inventory: Inventory, sources: Sources, deadline: float, snapshot: Snapshot, seal: Seal
) -> Side:
    platform = cast("PlatformFacts", snapshot.of("platform", name))
    cluster = inventory.site.clusters[name]
    way: Api | Problem | None = platform.problems().get("api_server")
    if way is None:
        try:
            way = Api(sources.access(cluster), deadline)
        except ApiError as error:
            way = error.problem
    nodes = {
        node.name: cast("NodeFacts", snapshot.of("node", node.name)) for node in inventory.nodes if node.cluster == name
    }
    return Side(inventory, cluster, way, deadline, platform, nodes, sources.ask_node, seal)


def _recognised(primary: Side, standby: Side, progress: Telling, snapshot: Snapshot) -> tuple[Side, Side]:
    """Give both sides; one whose API is another cluster's is not read, and nothing that was read of it stays."""
    layouts: dict[str, ClusterLayout] = {
        side.cluster.name: cast("ClusterFacts", snapshot.of("cluster", side.cluster.name)).layout
        for side in (primary, standby)
    }
    found = []
    for side in (primary, standby):
        name, owner = side.cluster.name, "" if isinstance(side.way, Problem) else reached(side, layouts)
        if owner in {"", name}:
            found.append(side)
            continue
        reason = (
            f"the kubeconfig that the inventory names for {name} reaches {owner}, so nothing was judged; "
            "write each cluster its own kubeconfig or context"
        )
        progress.say(f"cluster {name}: {reason}")
        problem = Problem("unreachable", reason)
        platform = PlatformFacts(name, dict.fromkeys(PlatformFacts.declared(), problem))
        snapshot.targets["platform", name] = platform
        found.append(replace(side, way=problem, platform=platform))
    return found[0], found[1]


def _collect(both: Both, name: str, progress: Telling, snapshot: Snapshot) -> None:
    # Imported here: the packages take longer to import than a preflight of a node takes.
    from acp_acceptance.collect.pair.steps import ACTIVE_STEPS, PAIR_STEPS, SIDE_STEPS  # noqa: PLC0415 - as said

    seconds = both.deadline * _ANSWERS
    progress.say(f"pair {name}: reading what disaster recovery needs")
    pool = ThreadPoolExecutor(3, thread_name_prefix="pair")
    try:
        sides = {side.cluster.name: pool.submit(do_all, SIDE_STEPS, side, seconds) for side in both.sides}
        together: Any = pool.submit(do_all, PAIR_STEPS, both, seconds)
        for cluster, found in sides.items():
            snapshot.targets["side", cluster] = SideFacts(cluster, found.result())
        facts = together.result()
    finally:
        # What goes on for long, and is no longer waited for, ends by itself.
        both.ended.set()
        pool.shutdown(wait=False, cancel_futures=True)
    if both.active_allowed_by and ACTIVE_STEPS:
        progress.say(f"pair {name}: active checks, allowed by {both.active_allowed_by}")
        facts |= do_here(ACTIVE_STEPS, both)
    snapshot.targets["pair", name] = PairFacts(name, facts)
