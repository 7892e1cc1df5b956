"""The second round trip over the connection of the first; a shell of this machine stands for a node."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.collect.node import NodeCollector
from acp_acceptance.collect.openssh import OpenSsh, Route
from acp_acceptance.collect.process import Processes
from acp_acceptance.inventory import inventory_from_hosts
from acp_acceptance.model.node import NodeFacts

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.inventory import Connection

DIRECT, BEHIND = Route("here", "root", "22", ""), Route("here", "root", "22", "jump")
TOLD = {"names": "localhost", "ways": "", "tries": ""}
(NODE,) = inventory_from_hosts(["here=worker"], release="4.2").nodes


class Here(OpenSsh):
    """Connects to a shell of this machine, and counts how often."""

    connections = 0

    def argv(self, connection: Connection, command: str) -> list[str]:
        """Give the shell's command line."""
        del connection
        self.connections += 1
        return ["/bin/sh", "-c", command]

    def environment(self, route: Route) -> dict[str, str]:
        """Give the test's own."""
        del route
        return dict(os.environ)


@pytest.fixture
def ssh(tmp_path: Path) -> Here:
    return Here(tmp_path)


def collector(ssh: Here, keeps: int) -> NodeCollector:
    return NodeCollector(ssh, Processes(), 60, "", lambda _node: {}, keeps)


@pytest.mark.parametrize(("route", "keeps", "connections"), [(DIRECT, 1, 1), (DIRECT, 0, 2), (BEHIND, 1, 2)])
def test_one_connection_serves_both_round_trips_unless_a_jump_host_would_have_to_keep_it(
    ssh: Here, route: Route, keeps: int, connections: int
) -> None:
    asking = collector(ssh, keeps)
    first = asking.collect(NODE, route)
    second = asking.measure_between(NODE, route, TOLD, ["resolved"])
    assert first.kernel.version
    assert first.is_measured(NodeFacts.clock)
    assert {"127.0.0.1", "::1"} & set(second.resolved.of("localhost"))
    assert second.contact.outcome == "answered"
    assert ssh.connections == connections
    assert not asking.processes._running  # noqa: SLF001 - that nothing is left is what is looked at


def test_a_connection_that_was_lost_in_the_meantime_is_made_anew(ssh: Here) -> None:
    asking = collector(ssh, 1)
    asking.collect(NODE, DIRECT)
    ((_, process),) = asking._kept.values()  # noqa: SLF001 - to lose it
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert asking.measure_between(NODE, DIRECT, TOLD, ["resolved"]).resolved.of("localhost")
    assert ssh.connections == 2


def test_connections_that_are_not_used_are_ended(ssh: Here) -> None:
    asking = collector(ssh, 1)
    asking.collect(NODE, DIRECT)
    assert asking.processes._running  # noqa: SLF001 - it is kept
    asking.close()
    assert not asking.processes._running  # noqa: SLF001 - and ended
