"""What the machine that runs the suite sees of a cluster's addresses by TCP, before anything is installed there."""

from __future__ import annotations

from dataclasses import dataclass

from acp_acceptance.model.measurement import CollectionError

NOTHING_LEARNT = {
    "no-route": "this machine has no route to {address}",
    "unresolved": "this machine cannot resolve {address}",
    "failed": "this machine could not connect to {address} at all",
}
"""States of a connection that tell nothing of the target, and what that means."""


@dataclass(frozen=True)
class Knock:
    """One TCP connection that was tried.

    Attributes:
        address: as the inventory has it.
        state: ``open``; ``refused``; ``silent`` (no answer in time); ``unreachable`` (said so by a router or by the
            local network); ``prohibited`` (by this machine's own rules); ``no-route``, ``unresolved`` and ``failed``
            (nothing was learnt of the target).
        said: what the server said first, printable; most wait for the client.
    """

    address: str
    port: int
    state: str
    said: str = ""


@dataclass(frozen=True)
class RunnerView:
    """All connections that were tried for a cluster."""

    knocks: tuple[Knock, ...]

    def at(self, address: str) -> tuple[Knock, ...]:
        """Give what was learnt of an address.

        Raises:
            CollectionError: nothing was.
        """
        knocks = tuple(knock for knock in self.knocks if knock.address == address)
        if not knocks:
            raise CollectionError(f"nothing was connected to at {address}", kind="unreachable")
        learnt = tuple(knock for knock in knocks if knock.state not in NOTHING_LEARNT)
        if not learnt:
            raise CollectionError(NOTHING_LEARNT[knocks[0].state].format(address=address), kind="unreachable")
        return learnt

    def port(self, address: str, port: int) -> Knock:
        """Give what was learnt of one port.

        Raises:
            CollectionError: nothing was.
        """
        for knock in self.at(address):
            if knock.port == port:
                return knock
        raise CollectionError(f"port {port} of {address} was not tried", kind="not-collected")
