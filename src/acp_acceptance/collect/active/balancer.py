"""Showing where a load balancer leads: listeners on the nodes, and connections through its addresses to them."""

from __future__ import annotations

import re
import secrets
import socket
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acp_acceptance.collect.active.session import Sessions, Task
from acp_acceptance.inventory import Role
from acp_acceptance.model.forwarding import Forwarded, Forwarding
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.inventory import Cluster, Inventory, Node
    from acp_acceptance.model.sections import Section

HTTPS, HTTP, API, REGISTRY, ETCD = 443, 80, 6443, 11443, 2379
_LIMIT = 240
"""Seconds after which the listeners end by themselves; everything below takes less, or is not believed."""
_LISTEN_SECONDS = 40
_DIAL_LIMIT = 90
_RUNNER = "the runner"
_CONNECTIONS = 12
"""Of one client to one port: enough to see each of five nodes behind a balancer that takes turns or draws lots."""
_PATIENCE = 20.0
"""Seconds in which a balancer that checks the health of nodes must have found them; many look every 5 or 10 s."""
_TIMEOUT = 2.0
_SILENT = 2
_LONGEST = 500
_OPENED = re.compile(r"^(open|taken) (\d{1,5})(?: (.*))?$", re.MULTILINE)
_DIALLED = re.compile(r"^dialled (\S{1,80}) (\d{1,5}) (\S{1,253})$", re.MULTILINE)

Way = tuple[str, int]
"""An address and a port."""


@dataclass
class _Listener:
    """The listeners on one node: which ports they hold, until they are released."""

    node: Node
    address: str
    opened: dict[int, str] = field(default_factory=dict)
    ready: threading.Event = field(default_factory=threading.Event)
    failure: str = ""
    ended: bool = False

    def heard(self, output: bytes) -> None:
        if not self.ready.is_set() and b"\nready\n" in output:
            text = output.decode("utf-8", "replace")
            self.opened = {int(port): "" if word == "open" else why for word, port, why in _OPENED.findall(text)}
            self.ready.set()


def planned_ports(inventory: Inventory, cluster: Cluster) -> tuple[list[int], list[str]]:
    """Give the ports that a cluster's balancer must forward, and the keys of the inventory that would say more."""
    asked, unsaid = cluster.parameters, []
    ports = [asked.https_port or HTTPS, API]
    if asked.image_repository.kind == "platform":
        ports.append(REGISTRY)
    elif asked.image_repository.kind is None:
        unsaid.append("parameters.image_repository.kind")
    if asked.http_enabled:
        ports.append(asked.http_port or HTTP)
    elif asked.http_enabled is None:
        unsaid.append("parameters.http_enabled")
    if inventory.site.dr is not None:
        ports.append(ETCD)
    return list(dict.fromkeys(ports)), unsaid


def measure_balancer(sessions: Sessions, inventory: Inventory, cluster: Cluster, nodes: Sequence[Node]) -> Forwarding:
    """Listen on a cluster's control plane nodes, and connect to them through its balancer's addresses.

    Args:
        sessions: runs tasks on nodes.
        inventory: the site.
        cluster: whose balancer it is.
        nodes: the chosen ones of that cluster.

    Raises:
        CollectionError: nothing could be tried.
    """
    addresses = [address for address in (cluster.vip, cluster.external_ip) if address]
    if not addresses:
        raise CollectionError("the inventory names neither vip nor external_ip", kind="unsaid")
    ports, unsaid = planned_ports(inventory, cluster)
    listeners = [_Listener(node, sessions.address(node)) for node in nodes if Role.CONTROL_PLANE in node.roles]
    release, secret = threading.Event(), secrets.token_hex(16)
    with ThreadPoolExecutor(max(1, len(listeners)), thread_name_prefix="collect") as pool:
        for listener in listeners:
            pool.submit(_listen, sessions, listener, ports, secret, release)
        try:
            for listener in listeners:
                listener.ready.wait(_LISTEN_SECONDS)
            return _Trial(sessions, listeners, nodes, secret).forwarding(addresses, ports, unsaid)
        finally:
            release.set()


def _listen(sessions: Sessions, listener: _Listener, ports: list[int], secret: str, release: threading.Event) -> None:
    name = listener.node.name
    task = Task("peer", _LIMIT, {"arguments": " ".join(["answer", name, *map(str, ports)])}, secret)
    try:
        section = sessions.run(listener.node, task, held=release, heard=listener.heard)
        if not listener.ready.is_set():
            said = section.parts["output"].text.strip() if "output" in section.parts else ""
            listener.failure = printable(said.rpartition("\n")[2] or "its listeners ended at once")
    except Exception as error:  # noqa: BLE001 - said of this node, and must not cost the others
        listener.failure = printable(str(error))
    finally:
        listener.ended = True
        listener.ready.set()


@dataclass
class _Trial:
    """Connections to listeners that are up."""

    sessions: Sessions
    listeners: list[_Listener]
    nodes: Sequence[Node]
    secret: str
    answered: dict[Way, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    connections: dict[Way, int] = field(default_factory=lambda: defaultdict(int))

    def forwarding(self, addresses: list[str], ports: list[int], unsaid: list[str]) -> Forwarding:
        """Try every port of every address."""
        unheard = [
            f"{item.node.name}: {item.failure or 'it did not listen in time'}"
            for item in self.listeners
            if not item.opened
        ]
        unheard += [
            f"{item.node.name} port {port} is taken: {self._holder(item.node, port) or why}"
            for item in self.listeners
            for port, why in item.opened.items()
            if why
        ]
        ways = {(item.address, port): item for item in self.listeners for port, why in item.opened.items() if not why}
        self._dial_here(list(ways), 1)
        self._dial_there([way for way, item in ways.items() if not self._reached(way, item.node.name)], 1)
        for way, item in ways.items():
            if not self._reached(way, item.node.name):
                unheard.append(
                    f"{item.node.name} cannot be reached at {way[0]} port {way[1]} itself, without a balancer"
                )
        listened = {
            port: tuple(
                item.node.name for way, item in ways.items() if way[1] == port and self._reached(way, item.node.name)
            )
            for port in ports
        }
        wanted = [(address, port) for address in addresses for port in ports if listened[port]]
        self._await(wanted, listened)
        if early := [item.node.name for item in self.listeners if item.ended and item.opened]:
            raise CollectionError(
                f"the listeners on {', '.join(early)} ended before everything was tried; run it again", kind="cut-off"
            )
        tried = tuple(
            Forwarded(
                address,
                port,
                listened[port],
                {client: tuple(sorted(names)) for client, names in self.answered[address, port].items()},
                self.connections[address, port],
            )
            for address, port in wanted
        )
        return Forwarding(tried, tuple(unheard), tuple(unsaid))

    def _holder(self, node: Node, port: int) -> str:
        facts = self.sessions.facts(node.name)
        return "" if "listeners" in facts.problems() else ", ".join(facts.listeners.holding([port]))

    def _reached(self, way: Way, name: str) -> bool:
        return any(name in names for names in self.answered[way].values())

    def _await(self, wanted: list[Way], listened: dict[int, tuple[str, ...]]) -> None:
        """Connect through the balancer until all nodes were seen, or for so long that it must have found them."""

        def whole(way: Way) -> bool:
            return all(self._reached(way, name) for name in listened[way[1]])

        patience = time.monotonic() + _PATIENCE
        while time.monotonic() < patience and not all(map(whole, wanted)):
            self._dial_here([way for way in wanted if not whole(way)], _CONNECTIONS)
            if not all(map(whole, wanted)) and self.sessions.processes.stopped.wait(1):
                return
        self._dial_there([way for way in wanted if not whole(way)], _CONNECTIONS)

    def _dial_here(self, ways: list[Way], count: int) -> None:
        def one(way: Way) -> None:
            silent = 0
            for _ in range(count):
                name = ask(*way, self.secret)
                self._note(way, _RUNNER, name)
                silent = 0 if name else silent + 1
                if silent == _SILENT:
                    return

        with ThreadPoolExecutor(max(1, min(16, len(ways))), thread_name_prefix="collect") as pool:
            list(pool.map(one, ways))

    def _dial_there(self, ways: list[Way], count: int) -> None:
        if not ways:
            return
        arguments = " ".join(["dial", *(f"{address},{port},{count}" for address, port in ways)])
        task = Task("peer", _DIAL_LIMIT, {"arguments": arguments}, self.secret)

        held = threading.Event()

        def one(node: Node) -> Section | None:
            try:
                return self.sessions.run(node, task, held=held)
            except (CollectionError, OSError):
                return None  # another node, or none, reaches it: what was seen counts

        with ThreadPoolExecutor(max(1, min(16, len(self.nodes))), thread_name_prefix="collect") as pool:
            try:
                sections = list(pool.map(one, self.nodes))
            finally:
                held.set()
        for node, section in zip(self.nodes, sections, strict=True):
            text = section.parts["output"].text if section and "output" in section.parts else ""
            for address, port, name in _DIALLED.findall(text):
                if (address, int(port)) in ways:
                    self._note((address, int(port)), node.name, "" if name == "-" else name)

    def _note(self, way: Way, client: str, name: str) -> None:
        self.connections[way] += 1
        # What a node answers itself proves nothing: its firewall lets it, and it may hold the VIP (direct routing).
        if name != client and name in {item.node.name for item in self.listeners}:
            self.answered[way][client].add(name)


def ask(address: str, port: int, secret: str) -> str:
    """Connect to a listener, and give the node's name that it says; nothing where none of ours answers."""
    seen = b""
    try:
        with socket.create_connection((address, port), timeout=_TIMEOUT) as client:
            while len(seen) < _LONGEST and not seen.endswith(b"\n") and (data := client.recv(_LONGEST)):
                seen += data
    except OSError:
        return ""
    match seen.decode("utf-8", "replace").split():
        case [word, name] if secrets.compare_digest(word.encode(), secret.encode()):
            return name
    return ""
