"""What is asked of the pair, step by step. A new step is a function in a file of its own, and an entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.collect.pair.backup import backup
from acp_acceptance.collect.pair.canary import lag
from acp_acceptance.collect.pair.components import components, elasticsearch
from acp_acceptance.collect.pair.consistency import check_answer, comparison
from acp_acceptance.collect.pair.domain import domain_here
from acp_acceptance.collect.pair.etcd_path import etcd_path
from acp_acceptance.collect.pair.failover import domain_served, etcd_ports, workload_components
from acp_acceptance.collect.pair.front import front
from acp_acceptance.collect.pair.identity import identity
from acp_acceptance.collect.pair.operators import operators
from acp_acceptance.collect.pair.registry import registry
from acp_acceptance.collect.pair.said import said
from acp_acceptance.collect.pair.sync_pods import restarted_pods, sync_settings, synchroniser
from acp_acceptance.collect.pair.user_objects import user_objects
from acp_acceptance.collect.side_by_side import Step

if TYPE_CHECKING:
    from acp_acceptance.collect.pair.subjects import Both, Side

SIDE_STEPS: tuple[Step[Side], ...] = (
    Step(("identity",), identity),
    Step(("synchroniser",), synchroniser),
    Step(("sync_settings",), sync_settings),
    Step(("restarted_pods",), restarted_pods),
    Step(("user_objects",), user_objects),
    Step(("components",), components),
    Step(("elasticsearch",), elasticsearch),
    Step(("said",), said),
    Step(("front",), front),
    Step(("registry",), registry),
    Step(("backup",), backup),
    Step(("operators",), operators),
)
"""Asked of each cluster; facts of :class:`~acp_acceptance.model.pair.side.SideFacts`."""

PAIR_STEPS: tuple[Step[Both], ...] = (
    Step(("domain_here",), domain_here),
    Step(("check",), check_answer),
    # A million objects on both sides take minutes.
    Step(("comparison",), comparison, times=5),
    Step(("etcd_path",), etcd_path),
    Step(("etcd_ports",), etcd_ports),
    Step(("domain_served",), domain_served),
    Step(("workload_components",), workload_components),
)
"""Asked of both together; facts of :class:`~acp_acceptance.model.pair.PairFacts`."""

ACTIVE_STEPS: tuple[Step[Both], ...] = (Step(("lag",), lag),)
"""Likewise, what changes something: after all others, and only where somebody allowed it."""
