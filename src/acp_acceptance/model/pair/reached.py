"""Nodes that were reached: stage dr has no verdict of its own on that, so what needs them says why they were not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.node import NodeFacts

if TYPE_CHECKING:
    from collections.abc import Mapping


def require_reached(nodes: Mapping[str, NodeFacts]) -> None:
    """Make sure that there are nodes, and that each answered.

    Raises:
        CollectionError: there is none, or one did not; says why.
    """
    if not nodes:
        raise CollectionError("the inventory names no such node", kind="unsaid")
    for name, facts in nodes.items():
        if facts.is_measured(NodeFacts.contact) and facts.contact.outcome != "answered":
            words = facts.contact.detail or facts.contact.outcome
            raise CollectionError(f"{name} was not reached over SSH: {words}", kind="unreachable")
