"""What only disaster recovery asks of one cluster of the pair."""

from __future__ import annotations

from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.pair.failover import Components, Elasticsearch
from acp_acceptance.model.pair.identity import Identity


class SideFacts(Facts):
    """What was observed of one cluster, beside its :class:`~acp_acceptance.model.platform.PlatformFacts`."""

    identity = Fact(Identity)
    components = Fact(Components)
    elasticsearch = Fact(Elasticsearch)
