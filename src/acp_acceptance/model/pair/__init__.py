"""What is observed of a disaster recovery pair as a whole, and what follows from that."""

from __future__ import annotations

from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.pair.domain import DomainHere


class PairFacts(Facts):
    """What needs both clusters, or neither: the domain as this machine sees it, and comparisons of both."""

    domain_here = Fact(DomainHere)
