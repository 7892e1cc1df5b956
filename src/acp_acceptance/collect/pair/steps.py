"""What is asked of the pair, step by step. A new step is a function in a file of its own, and an entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.collect.pair.components import components, elasticsearch
from acp_acceptance.collect.pair.domain import domain_here
from acp_acceptance.collect.pair.failover import domain_served, etcd_ports, workload_components
from acp_acceptance.collect.pair.identity import identity
from acp_acceptance.collect.side_by_side import Step

if TYPE_CHECKING:
    from acp_acceptance.collect.pair.subjects import Both, Side

SIDE_STEPS: tuple[Step[Side], ...] = (
    Step(("identity",), identity),
    Step(("components",), components),
    Step(("elasticsearch",), elasticsearch),
)
"""Asked of each cluster; facts of :class:`~acp_acceptance.model.pair.side.SideFacts`."""

PAIR_STEPS: tuple[Step[Both], ...] = (
    Step(("domain_here",), domain_here),
    Step(("etcd_ports",), etcd_ports),
    Step(("domain_served",), domain_served),
    Step(("workload_components",), workload_components),
)
"""Asked of both together; facts of :class:`~acp_acceptance.model.pair.PairFacts`."""

ACTIVE_STEPS: tuple[Step[Both], ...] = ()
"""Likewise, what changes something: after all others, and only where somebody allowed it."""
