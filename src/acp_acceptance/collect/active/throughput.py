"""Measuring what goes through the network between two nodes, and in which order pairs are measured."""

from __future__ import annotations

import re
import secrets
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from acp_acceptance.collect.active.session import Sessions, Task
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable
from acp_acceptance.model.throughput import Sent, parse_received

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.inventory import Node
    from acp_acceptance.model.sections import Section

_CONNECTIONS = 4
"""At once, since one alone does not fill a fast link over a long way."""
_SECONDS = 3
_LIMIT = 60
_PORT_SECONDS = 30
_PORT = re.compile(rb"^port (\d{1,5})$", re.MULTILINE)


def rounds(nodes: Sequence[Node]) -> list[list[tuple[Node, Node]]]:
    """Let each node send to the next, in two or three rounds in each of which a node is in one pair at most."""
    count = len(nodes)
    pairs = [(node, nodes[(number + 1) % count]) for number, node in enumerate(nodes)] if count > 1 else []
    odd_one = [pairs.pop()] if count % 2 and pairs else []
    return [pairs for pairs in (pairs[::2], pairs[1::2], odd_one) if pairs]


def measure_pair(sessions: Sessions, sender: Node, receiver: Node) -> Sent:
    """Send from one node to another for some seconds.

    Raises:
        CollectionError: it could not be measured; says on which side and why.
    """
    secret = secrets.token_hex(16)
    port: Future[int] = Future()
    received: Future[Section] = Future()
    release = threading.Event()

    def heard(output: bytes) -> None:
        if not port.done() and (found := _PORT.search(output)):
            port.set_result(int(found[1]))

    def receive() -> None:
        task = Task("peer", _LIMIT, {"arguments": f"receive {_CONNECTIONS}"}, secret)
        try:
            received.set_result(sessions.run(receiver, task, held=release, heard=heard))
        except Exception as error:  # noqa: BLE001 - handed over to who waits for it
            received.set_exception(error)
        if not port.done():
            port.set_exception(CollectionError("it could not listen"))

    listening = threading.Thread(target=receive, name=f"collect-{receiver.name}", daemon=True)
    listening.start()
    address = sessions.address(receiver)
    try:
        arguments = f"send {address} {_port(port, received, receiver)} {_CONNECTIONS} {_SECONDS}"
        sent = sessions.run(sender, Task("peer", _LIMIT, {"arguments": arguments}, secret), held=threading.Event())
        _require_sent(sent, receiver, address)
        listening.join(_PORT_SECONDS)
        size, seconds = parse_received(received.result(timeout=0))
    except (OSError, TimeoutError) as error:
        raise CollectionError(printable(f"sending to {receiver.name}: {error}"), kind="unreachable") from error
    finally:
        release.set()
        listening.join(_PORT_SECONDS)
    across = receiver.cluster != sender.cluster and receiver.network != sender.network
    return Sent(receiver.name, address, across, size, seconds)


def _port(port: Future[int], received: Future[Section], receiver: Node) -> int:
    try:
        return port.result(timeout=_PORT_SECONDS)
    except (CollectionError, TimeoutError) as error:
        failure = received.exception() if received.done() else None
        raise CollectionError(
            f"{receiver.name} could not receive: {failure or error or 'no answer in time'}", kind="unreachable"
        ) from error


def _require_sent(section: Section, receiver: Node, address: str) -> None:
    part = section.parts.get("output")
    if part is None or part.status != 0:
        said = (part.text.strip() if part else "").rpartition("\n")[2]
        raise CollectionError(
            printable(f"it could not send to {receiver.name} ({address}): {said or 'it was cut off'}"), kind="cut-off"
        )
