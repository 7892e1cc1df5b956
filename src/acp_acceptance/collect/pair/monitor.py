"""Asking the monitor of etcd synchronisation, at ``/check`` of Service ``cpaas-system/etcd-sync-monitor``.

The API server's proxy is the first way; where it does not lead there, a control plane node of the
standby is the second.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import zlib
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.api import TooLargeError
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.inventory import Role
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.text import is_address, printable

if TYPE_CHECKING:
    from acp_acceptance.collect.pair.subjects import Side
    from acp_acceptance.model.measurement import ProblemKind
    from acp_acceptance.model.sections import Section

_SERVICE = "/api/v1/namespaces/cpaas-system/services/etcd-sync-monitor"
_LIMIT = 64 * 2**20
_USUAL_PORT = 80
_REFUSALS: dict[int, ProblemKind] = {401: "unauthorised", 403: "forbidden", 404: "absent"}


@dataclass(frozen=True)
class Answer:
    """What the monitor answered: the body, the HTTP status, and the way it was asked."""

    body: bytes
    status: int
    way: str


def ask_monitor(standby: Side) -> Answer:
    """Ask for what the two sides lack of each other; any answer of the monitor itself is one, also an error.

    Raises:
        ApiError: there is no monitor, or it is reached in neither way.
    """
    service = standby.api.get(_SERVICE)
    port = _port_of(service)
    try:
        return _by_proxy(standby, port)
    except ApiError as error:
        refused = error
    try:
        return _by_node(standby, raw.text(service, "spec", "clusterIP"), port)
    except (CollectionError, OSError, ValueError) as error:
        raise ApiError(refused.kind, f"{refused.reason}; from a node: {printable(str(error))}") from error


def _port_of(service: dict[str, Any]) -> int:
    """Give the port that the guides ask (80), or else the first one."""
    ports = [number for item in raw.items(service, "spec", "ports") if (number := raw.number(item, "port"))]
    if not ports:
        raise ApiError("unreadable", "Service cpaas-system/etcd-sync-monitor has no port")
    return _USUAL_PORT if _USUAL_PORT in ports else ports[0]


def _by_proxy(standby: Side, port: int) -> Answer:
    try:
        status, body = standby.api.raw(f"{_SERVICE}:{port}/proxy/check", {}, limit=_LIMIT, first=True)
    except TooLargeError as error:
        raise ApiError("unreadable", "the monitor's answer is larger than 64 MiB") from error
    if refusal := _refusal(status, body):
        raise ApiError(_REFUSALS.get(status, "unreachable"), f"the API server does not lead to the monitor: {refusal}")
    return Answer(body, status, "through the API server")


def _refusal(status: int, body: bytes) -> str:
    """Give what the API server says itself instead of the monitor; empty where this is the monitor's answer."""
    if status < 400 or not body.startswith(b"{"):  # noqa: PLR2004 - no error
        # A proxy that cannot connect says so in plain words.
        return printable(body[:300].decode("utf-8", "replace")) if body.startswith(b"error trying to reach") else ""
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    return raw.text(document, "message") or f"status {status}" if raw.text(document, "kind") == "Status" else ""


def _by_node(standby: Side, address: str, port: int) -> Answer:
    if not is_address(address):
        raise CollectionError("Service cpaas-system/etcd-sync-monitor has no address", kind="absent")
    host = f"[{address}]" if ":" in address else address
    values = {"monitor_address": address, "monitor_port": str(port), "monitor_host": host}
    problem = "the inventory names no control plane node of the standby"
    for node in standby.inventory.nodes:
        if node.cluster != standby.cluster.name or Role.CONTROL_PLANE not in node.roles:
            continue
        try:
            body, status = read_response(packed_answer(standby.ask_node(node, "monitor", values)))
        except (CollectionError, OSError) as error:
            problem = printable(str(error))
            continue
        return Answer(body, status, f"on {node.name}")
    raise CollectionError(problem)


def packed_answer(section: Section) -> bytes:
    """Give what a node received: a whole HTTP response, which it packed so that it fits into a part.

    Raises:
        CollectionError: it received nothing, or has nothing to ask or pack with.
    """
    if "asking" in section.absent:
        raise CollectionError("neither bash, curl nor nc is there to ask with", kind="no-program")
    text = section.optional("packed")
    if text is None:
        raise CollectionError(
            "gzip and base64 are needed to bring the answer here, and are not installed", kind="no-program"
        )
    try:
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        response = unpacking.decompress(base64.b64decode("".join(text.split()), validate=True), _LIMIT)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise CollectionError(
            f"what the node packed cannot be unpacked: {printable(str(error))}", kind="unparsable"
        ) from error
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise CollectionError("the monitor's answer is larger than 64 MiB, or was cut", kind="incomplete")
    if not response:
        said = section.parts["packed"].error if "packed" in section.parts else ""
        raise CollectionError(f"the monitor does not answer: {said or 'nothing came'}", kind="unreachable")
    return response


class _Received:
    """A response that was received, in the place of a socket."""

    def __init__(self, response: bytes) -> None:
        self._response = response

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._response)


def read_response(response: bytes) -> tuple[bytes, int]:
    """Give the body and the status of a whole HTTP response.

    Raises:
        CollectionError: it is none, was cut, or has no end that can be told.
    """
    try:
        answer = HTTPResponse(_Received(response))  # type: ignore[arg-type] # all that it asks of a socket
        answer.begin()
        if answer.length is None and not answer.chunked:
            raise CollectionError("whether the monitor's answer is whole cannot be told", kind="unclear")
        return answer.read(), answer.status
    except (HTTPException, ValueError, OSError) as error:
        raise CollectionError(
            f"the monitor's answer is no whole HTTP response ({type(error).__name__})", kind="unparsable"
        ) from error
