"""The platform's domain, as this machine resolves it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from acp_acceptance.collect.pair.subjects import Both


def domain_here(both: Both) -> dict[str, object]:
    """Resolve the domain that the inventory names, for IPv4 and IPv6."""
    name = both.primary.domain or both.standby.domain
    if not name:
        return {"domain_here": DomainHere("")}
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return {"domain_here": DomainHere(name, failure=printable(str(error)))}
    return {"domain_here": DomainHere(name, tuple(sorted({str(item[4][0]) for item in found})))}
