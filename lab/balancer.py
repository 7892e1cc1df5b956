"""A load balancer for a lab: plain TCP on the VIP, from this machine to the lab's nodes."""

from __future__ import annotations

import selectors
import socket
import socketserver
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from lab.programs import LabError, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from lab.site import Lab

_TIMEOUT = 5.0
_CHUNK = 65536


@dataclass
class Balancer:
    """Forwards ports of the lab's VIP to nodes, from ``with`` to its end.

    Attributes:
        lab: runs.
        ports: that are forwarded.
        nodes: names of those it leads to; a balancer that leaves one out is a fault.
        keeps_clients: each client's address is always led to the same node; else they take turns.
    """

    lab: Lab
    ports: Sequence[int]
    nodes: Sequence[str]
    keeps_clients: bool = False
    _servers: list[socketserver.ThreadingTCPServer] = field(default_factory=list, init=False, repr=False)
    _turns: Iterator[int] = field(default_factory=count, init=False, repr=False)

    def __enter__(self) -> Self:
        run("ip", "address", "add", f"{self.lab.vip}/32", "dev", self.lab.interface)
        try:
            for port in self.ports:
                self._servers.append(self._serving(port))
        except OSError:
            self.__exit__(None, None, None)
            raise
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()
        with suppress(LabError):
            run("ip", "address", "delete", f"{self.lab.vip}/32", "dev", self.lab.interface)

    def _serving(self, port: int) -> socketserver.ThreadingTCPServer:
        balancer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError), balancer.chosen(self.client_address[0], port) as backend:
                    pass_on(self.request, backend)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

        return Server((self.lab.vip, port), Handler)

    def chosen(self, client: str, port: int) -> socket.socket:
        """Connect to the node whose turn it is, or which is the client's."""
        turn = int(client.rpartition(".")[2]) if self.keeps_clients else next(self._turns)
        node = self.nodes[turn % len(self.nodes)]
        return socket.create_connection((self.lab.nodes[node].address, port), timeout=_TIMEOUT)


def pass_on(client: socket.socket, backend: socket.socket) -> None:
    """Pass on what both sides say, until one of them ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, backend)
        selector.register(backend, selectors.EVENT_READ, client)
        while ready := selector.select(_TIMEOUT):
            for key, _ in ready:
                source = key.fileobj
                data = source.recv(_CHUNK) if isinstance(source, socket.socket) else b""
                if not data:
                    return
                key.data.sendall(data)
