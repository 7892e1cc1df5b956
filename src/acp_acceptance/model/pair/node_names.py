"""Names of nodes that tell which cluster of the pair they belong to (the DR guide, Notes)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from acp_acceptance.model.pair.reached import require_reached

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.node import NodeFacts


def untelling(nodes: Mapping[str, Mapping[str, NodeFacts]]) -> Iterator[Fault]:
    """Give the clusters whose nodes' host names do not tell them apart from the other's.

    The platform calls a node by its address; its host name is what people see when they log in.

    Names tell their cluster where they share a word (``standby`` of ``standby-global-m1``) that no name of the other
    cluster has. Of a single node every word is shared, so one without digits must be there.

    Args:
        nodes: the nodes of both clusters.

    Yields:
        The name of the sentence that says it, and the values it needs.

    Raises:
        CollectionError: the inventory names no node of a cluster, or a name could not be read.
    """
    for found in nodes.values():
        require_reached(found)
    sides = {cluster: [facts.hostname.name for facts in found.values()] for cluster, found in nodes.items()}
    names = list(sides)
    for cluster, other in zip(names, reversed(names), strict=True):
        own, foreign = _words(sides[cluster]), {word for name in sides[other] for word in _words([name])}
        telling = own - foreign
        if len(sides[cluster]) == 1:
            telling = {word for word in telling if not re.search(r"\d", word)}
        if not telling:
            yield "alike", {"cluster": cluster, "nodes": sorted(sides[cluster])}


def _words(names: Collection[str]) -> set[str]:
    """Give the words that all of some names share."""
    split = [set(re.split(r"[^a-z0-9]+", name.lower())) - {""} for name in names]
    return set.intersection(*split) if split else set()
