"""TCP connections from this machine to a cluster's addresses: what answers, and what does not. All at once."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from acp_acceptance.model.runner_view import Knock, RunnerView
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from acp_acceptance.inventory import Cluster, Inventory

SSH_PORT = 22
VIP_PORTS = (6443, 11443)
HTTPS_PORT = 443
INSTALLER_PORT = 8080

# The first SYN is repeated after one second. A free VIP is silent, so that every run waits as long as this.
_CONNECT_SECONDS = 2.0
_LISTEN_SECONDS = 1.0
_BANNER_BYTES = 64
_ALL_SECONDS = 15.0
_STATES = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.ETIMEDOUT: "silent",
    errno.ENETUNREACH: "no-route",
    errno.EACCES: "prohibited",
    errno.EPERM: "prohibited",
}


def places_to_knock(inventory: Inventory, cluster: Cluster) -> list[tuple[str, int]]:
    """Give the addresses and ports of a cluster that this machine looks at; none for plain hosts."""
    places: list[tuple[str, int]] = []
    if inventory.path is None:
        return places
    if cluster.vip:
        ports = (SSH_PORT, cluster.parameters.https_port or HTTPS_PORT, *VIP_PORTS)
        places += [(cluster.vip, port) for port in dict.fromkeys(ports)]
    installers = (node for node in inventory.nodes if node.installer and node.cluster == cluster.name)
    return places + [(node.address, INSTALLER_PORT) for node in installers]


def knock(places: Mapping[str, Iterable[tuple[str, int]]], *, listen: float = _LISTEN_SECONDS) -> dict[str, RunnerView]:
    """Try a TCP connection to each place, and listen for a moment to what the server says first.

    Args:
        places: addresses and ports by name of the cluster.
        listen: seconds to wait for what the server says first; 0 where that is not asked.
    """
    return asyncio.run(_knock_all(places, listen))


class Knocking:
    """Knocks in a thread of its own, beside whatever else is collected.

    Args:
        places: addresses and ports by name of the cluster.
    """

    def __init__(self, places: Mapping[str, Iterable[tuple[str, int]]]) -> None:
        self._views: dict[str, RunnerView] = {}
        self._thread = threading.Thread(target=lambda: self._views.update(knock(places)), name="knock", daemon=True)
        self._thread.start()

    def views(self) -> dict[str, RunnerView]:
        """Wait for the end, and give what was seen by name of the cluster; nothing where that does not come."""
        self._thread.join(_ALL_SECONDS)
        return {} if self._thread.is_alive() else self._views


async def _knock_all(places: Mapping[str, Iterable[tuple[str, int]]], listen: float) -> dict[str, RunnerView]:
    asked = [(name, *place) for name, wanted in places.items() for place in wanted]
    found = await asyncio.gather(*(_knock(address, port, listen) for _, address, port in asked))
    views: dict[str, list[Knock]] = {name: [] for name in places}
    for (name, *_), result in zip(asked, found, strict=True):
        views[name].append(result)
    return {name: RunnerView(tuple(knocks)) for name, knocks in views.items()}


async def _knock(address: str, port: int, listen: float) -> Knock:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Knock(address, port, "unresolved")
    host = str(found[0][4][0])
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), _CONNECT_SECONDS)
    except asyncio.TimeoutError:
        return Knock(address, port, "silent")
    except OSError as error:
        return Knock(address, port, _STATES.get(error.errno or 0, "failed"))
    said = b""
    # Most servers wait for the client; a load balancer without a server behind it hangs up.
    with suppress(asyncio.TimeoutError, OSError):
        said = await asyncio.wait_for(reader.read(_BANNER_BYTES), listen)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Knock(address, port, "open", printable(said.decode("utf-8", "replace"), limit=_BANNER_BYTES))
