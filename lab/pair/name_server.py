"""The name server of both sites: CoreDNS in a lab's node, whose answers the lab changes at any moment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.control_plane.node_setup import SERVICE_PROGRAM, service, service_files
from lab.node_root import write_files
from lab.plan import NodeFile
from lab.platform.plane import run_on
from lab.programs import LabError

if TYPE_CHECKING:
    from lab.nodes import LabNode

STALE_PORT = 5300
"""Where the server answers as before, for those who ask there: see :meth:`NameServer.remember`."""
_NAMES, _STALE = "etc/lab/names", "etc/lab/stale-names"
_SECONDS = 20.0
_LOOK_SECONDS = 0.05


@dataclass
class NameServer:
    """A server of names, and the addresses that it knows.

    It is authoritative for all names: one that it does not know does not exist. Its answers may be kept for a second.

    Attributes:
        node: it runs in; its layers hold CoreDNS.
        names: what it answers: name to addresses.
    """

    node: LabNode
    names: dict[str, list[str]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Its address."""
        return self.node.address

    def start(self) -> None:
        """Start it.

        Raises:
            LabError: it does not answer.
        """
        files = [
            *service_files(),
            service("coredns", ["coredns", "-conf", "/etc/lab/Corefile"]),
            NodeFile("etc/lab/Corefile", _corefile()),
            NodeFile(_NAMES, ""),
            NodeFile(_STALE, ""),
        ]
        write_files(self._root, files)
        self.resume()

    def answer(self, name: str, *addresses: str) -> None:
        """Answer a name with addresses from now on; without any the name does not exist."""
        self.names.pop(name, None)
        if addresses:
            self.names[name] = list(addresses)
        self._write(_NAMES, self.names)

    def remember(self, name: str, address: str) -> None:
        """Answer otherwise at :data:`STALE_PORT`."""
        self._write(_STALE, {name: [address]})

    def stop(self) -> None:
        """Stop it: nobody answers at its address."""
        run_on(self.node, f"/{SERVICE_PROGRAM} stop coredns")

    def resume(self) -> None:
        """Start it again.

        Raises:
            LabError: it does not answer.
        """
        run_on(self.node, f"/{SERVICE_PROGRAM} start coredns")
        end = time.monotonic() + _SECONDS
        while self.node.run("ss -Hlun sport = :53 | grep -q .").returncode:
            if time.monotonic() > end:
                raise LabError(f"the name server does not start: {run_on(self.node, 'tail -n 5 /var/log/coredns.log')}")
            time.sleep(_LOOK_SECONDS)

    @property
    def _root(self) -> Path:
        return Path(f"/proc/{self.node.pid}/root")

    def _write(self, place: str, names: dict[str, list[str]]) -> None:
        lines = "".join(f"{address} {name}\n" for name, addresses in names.items() for address in addresses)
        # In one step, so that no half of it is ever read.
        run_on(self.node, f"cat >/{place}.new <<'WORDS'\n{lines}WORDS\nmv /{place}.new /{place}")


def _corefile() -> str:
    def block(port: int, names: str) -> str:
        known = f"hosts /{names} {{\n        ttl 1\n        reload 200ms\n        no_reverse\n    }}"
        return f".:{port} {{\n    {known}\n    errors\n}}\n"

    return block(53, _NAMES) + block(STALE_PORT, _STALE)
