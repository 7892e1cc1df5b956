"""A distance on one machine: a TCP relay that holds everything back for a time, each way.

The kernel may have no netem, and netem would need a hand in the lab's network. One process serves all nodes; each has
a port of its own on 127.0.0.1. As over a real distance, a connection takes a whole round trip before its first byte can
leave, and the server learns of it half a round trip later still.

As a program it is given ``{"delay": SECONDS, "targets": {NAME: [ADDRESS, PORT]}}`` on a line of standard input, answers
with ``{NAME: PORT}`` on one line and, when its input ends, with what it cost on another.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

_BACKLOG = 256
_AFTER = 1e-7
"""What comes later on a connection is due later: timers of the same moment have no order."""


@dataclass
class Relay:
    """The loop's side: where connections lead, and how punctual they were served.

    Attributes:
        delay: seconds, each way.
        lateness: seconds by which each handing over was later than due.
    """

    delay: float
    lateness: list[float] = field(default_factory=list)

    async def listen(self, targets: Mapping[str, tuple[str, int]]) -> dict[str, int]:
        """Open a port for each target; gives the ports by name."""
        loop = asyncio.get_running_loop()
        ports = {}
        for name, target in targets.items():
            make = _maker(self, target)
            server = await loop.create_server(make, "127.0.0.1", 0, backlog=_BACKLOG)
            ports[name] = server.sockets[0].getsockname()[1]
        return ports


class Side(asyncio.Protocol):
    """One side of a connection: what it reads goes to the other side, later."""

    def __init__(self, relay: Relay, other: Side | None = None, target: tuple[str, int] | None = None) -> None:
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._target = target
        self._last = 0.0
        self.other = other
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect the near side, which is there first, to its target, when that would hear of it."""
        self.transport = cast("asyncio.Transport", transport)
        if self._target is not None:
            # The client may write after one round trip; the server knows of it half a round trip later.
            self._last = self._loop.time() + 3 * self._relay.delay
            self._loop.call_at(self._last, lambda: self._loop.create_task(self._connect()))

    async def _connect(self) -> None:
        host, port = self._target or ("", 0)
        try:
            _, far = await self._loop.create_connection(lambda: Side(self._relay, other=self), host, port)
        except OSError:
            self._close()
        else:
            self.other = far

    def data_received(self, data: bytes) -> None:
        """Hold data until it is due."""
        self._later(data)

    def eof_received(self) -> bool:
        """Hold the end of it likewise; the other direction stays open."""
        self._later(b"")
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended is the same to the other side
        """End the other side, when that would hear of it."""
        self._loop.call_later(self._relay.delay, self._end_other)

    def _later(self, data: bytes) -> None:
        self._last = max(self._last + _AFTER, self._loop.time() + self._relay.delay)
        self._loop.call_at(self._last, self._hand_over, self._last, data)

    def _hand_over(self, due: float, data: bytes) -> None:
        if self.other is None and self._target is not None and self.transport and not self.transport.is_closing():
            # The connection to the target is being made at this moment.
            self._loop.call_later(_AFTER, self._hand_over, due, data)
            return
        if self.other is None or self.other.transport is None or self.other.transport.is_closing():
            return
        self._relay.lateness.append(self._loop.time() - due)
        if data:
            self.other.transport.write(data)
        else:
            with suppress(OSError):
                self.other.transport.write_eof()

    def _end_other(self) -> None:
        if self.other is not None:
            self.other._close()  # noqa: SLF001 - of the same class

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.close()


def _maker(relay: Relay, target: tuple[str, int]) -> Any:  # noqa: ANN401 - asyncio's own type
    return lambda: Side(relay, target=target)


async def _serve(order: dict[str, Any]) -> None:
    relay = Relay(order["delay"])
    targets = {name: (address, port) for name, (address, port) in order["targets"].items()}
    print(json.dumps(await relay.listen(targets)), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    used = resource.getrusage(resource.RUSAGE_SELF)
    late = sorted(relay.lateness) or [0.0]
    print(
        json.dumps(
            {
                "handed over": len(relay.lateness),
                "processor seconds": round(used.ru_utime + used.ru_stime, 3),
                "late by, median ms": round(late[len(late) // 2] * 1000, 2),
                "late by, 99th percentile ms": round(late[len(late) * 99 // 100] * 1000, 2),
            }
        ),
        flush=True,
    )


@dataclass
class RelayProcess:
    """The relay in a process of its own, from ``with`` to its end.

    Attributes:
        delay: seconds, each way.
        targets: address and port by name.
        ports: of 127.0.0.1 by name, while it runs.
        cost: what it said of itself, after its end.
    """

    delay: float
    targets: Mapping[str, tuple[str, int]]
    ports: dict[str, int] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.preflight.relay"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            text=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the relay has no pipes")
        self._process.stdin.write(json.dumps({"delay": self.delay, "targets": self.targets}) + "\n")
        self._process.stdin.flush()
        self.ports = json.loads(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            said, _ = self._process.communicate()
            self.cost = json.loads(said) if said.strip() else {}

    def used(self) -> float:
        """Give the processor seconds it has used so far."""
        if self._process is None:
            return 0.0
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.stdin.readline())))
