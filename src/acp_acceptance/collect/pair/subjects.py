"""What the steps are given: one cluster of the pair, or both."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.collect.platform.steps import Asking
    from acp_acceptance.inventory import Cluster, Inventory
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.platform import PlatformFacts


@dataclass(frozen=True)
class Seal:
    """Makes marks of secrets: equal secrets of one run have equal marks, and a mark can be looked up nowhere."""

    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def mark(self, secret: str | bytes) -> str:
        """Give the mark of a secret."""
        content = secret if isinstance(secret, bytes) else secret.encode()
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()[:16]


@dataclass(frozen=True)
class Side:
    """One cluster of the pair.

    Attributes:
        inventory: the site.
        cluster: of it.
        way: to its API, or why there is none.
        deadline: seconds for each answer.
        platform: what was observed of it already.
        nodes: what was observed of its nodes, by the inventory's names.
        ask_node: reads a section of the probe on a node; raises CollectionError or OSError.
        seal: makes marks of its secrets.
    """

    inventory: Inventory
    cluster: Cluster
    way: Api | Problem
    deadline: float
    platform: PlatformFacts
    nodes: Mapping[str, NodeFacts]
    ask_node: Asking
    seal: Seal

    @property
    def api(self) -> Api:
        """The API.

        Raises:
            ApiError: it is not reached.
        """
        if isinstance(self.way, Problem):
            raise ApiError(self.way.kind, self.way.reason)
        return self.way

    @property
    def domain(self) -> str:
        """The platform's domain; empty where the inventory names none, or an address."""
        planned = self.cluster.parameters.platform_address or ""
        return "" if is_address(planned) else planned

    @property
    def front(self) -> tuple[str, ...]:
        """VIP and External IP."""
        return tuple(address for address in (self.cluster.vip, self.cluster.external_ip) if address)


@dataclass(frozen=True)
class Both:
    """Both clusters, by the inventory's roles.

    Attributes:
        active_allowed_by: who allowed what changes or loads them; empty where nobody did.
        ended: nobody waits for what was asked any more: what goes on for long is to end.
    """

    primary: Side
    standby: Side
    active_allowed_by: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def deadline(self) -> float:
        """Seconds for each answer."""
        return self.primary.deadline

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both, the primary first."""
        return self.primary, self.standby
