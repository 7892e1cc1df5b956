"""What only disaster recovery asks of one cluster of the pair."""

from __future__ import annotations

from acp_acceptance.model.measurement import Fact, Facts
from acp_acceptance.model.pair.backup import Backup
from acp_acceptance.model.pair.components import Components
from acp_acceptance.model.pair.elasticsearch import Elasticsearch
from acp_acceptance.model.pair.excluded import UserObjects
from acp_acceptance.model.pair.front import Front
from acp_acceptance.model.pair.identity import Identity
from acp_acceptance.model.pair.operators import Operators
from acp_acceptance.model.pair.registry import RegistryContents
from acp_acceptance.model.pair.said import Said
from acp_acceptance.model.pair.synchroniser import RestartedPods, Synchroniser, SyncSettings


class SideFacts(Facts):
    """What was observed of one cluster, beside its :class:`~acp_acceptance.model.platform.PlatformFacts`."""

    identity = Fact(Identity)

    # Synchronisation of etcd.
    synchroniser = Fact(Synchroniser)
    sync_settings = Fact(SyncSettings)
    restarted_pods = Fact(RestartedPods)
    user_objects = Fact(UserObjects)
    components = Fact(Components)
    elasticsearch = Fact(Elasticsearch)
    said = Fact(Said)
    front = Fact(Front)
    registry = Fact(RegistryContents)
    backup = Fact(Backup)
    operators = Fact(Operators)
