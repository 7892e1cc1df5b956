"""An API server for tests: JSON by path, exec and port-forward over websockets, as the real ones speak them."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from kubernetes.client import ApiClient, Configuration

from acp_acceptance.collect.platform.access import Access
from acp_acceptance.collect.platform.api import Api
from servers import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from certificates import Issued

_WORD = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SUCCESS = {"status": "Success"}


def failure(status: int) -> dict[str, Any]:
    """What is said of a command that ended with a status."""
    causes = [{"reason": "ExitCode", "message": str(status)}]
    return {"status": "Failure", "message": f"exit status {status}", "details": {"causes": causes}}


@dataclass
class Command:
    """What a command in a container prints, and how it ends; ``None`` for one that says no end."""

    stdout: bytes = b""
    stderr: bytes = b""
    ending: dict[str, Any] | None = field(default_factory=lambda: SUCCESS)
    hangs: bool = False


@dataclass
class ClusterApi:
    """The server.

    Attributes:
        documents: what is answered, by path; a number is a refusal with that status, a text is no JSON. A collection
            that is asked for with a selector is looked for with its query first.
        run: what a command prints, given the Pod and its words; a number is a refusal.
        ports: what a Pod answers, by its name and port, over HTTP; a text is the error of the forwarding; an address
            and a port are where a server is that answers.
        asked: paths of all requests, with their queries.
        certificate: that it serves over TLS; without one it speaks plain HTTP.
    """

    documents: Mapping[str, Any] = field(default_factory=dict)
    run: Callable[[str, list[str]], Command | int] = lambda *_: 404
    ports: Mapping[tuple[str, int], bytes | str | tuple[str, int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    certificate: Issued | None = None
    released: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Api]:
        """Serve, and give an API to read, with a deadline of two seconds."""
        handler = type("Handler", (_Handler,), {"api": self})
        server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        if self.certificate is not None:
            self.url = self.url.replace("http:", "https:")
            context = serving(self.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        configuration = Configuration()
        configuration.host = self.url
        try:
            yield Api(Access(ApiClient(configuration), self.url, "the test"), 2.0)
        finally:
            self.released.set()
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Stay silent: clients hang up by design."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ClusterApi

    def do_GET(self) -> None:
        self.api.asked.append(self.path)
        parts = urlsplit(self.path)
        pod, _, verb = parts.path.rpartition("/")
        if self.headers.get("Upgrade", "").lower() == "websocket":
            query = parse_qs(parts.query)
            name = pod.rpartition("/")[2]
            if verb == "exec":
                self._exec(self.api.run(name, query["command"]))
            else:
                self._forward(name, int(query["ports"][0]))
        else:
            documents = self.api.documents
            selectors = [f"{name}={values[0]}" for name, values in parse_qs(parts.query).items() if "Selector" in name]
            self._answer(documents.get(f"{parts.path}?{'&'.join(selectors)}", documents.get(parts.path, 404)))

    def _answer(self, found: Any) -> None:
        status = found if isinstance(found, int) else 200
        body = (
            found if isinstance(found, str) else json.dumps({"message": f"status {status}"} if status != 200 else found)
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def _exec(self, command: Command | int) -> None:
        if isinstance(command, int):
            self._answer(command)
            return
        self._upgrade()
        for channel, data in ((1, command.stdout), (2, command.stderr)):
            for start in range(0, len(data), 2**15):
                self._send(bytes([channel]) + data[start : start + 2**15])
        if command.hangs:
            self.api.released.wait(30)
        if command.ending is not None:
            self._send(b"\x03" + json.dumps(command.ending).encode())
        self._send(b"", code=8)

    def _forward(self, pod: str, port: int) -> None:
        answer = self.api.ports.get((pod, port), 404)
        if isinstance(answer, int):
            self._answer(answer)
            return
        self._upgrade()
        for channel in (0, 1):
            self._send(bytes([channel]) + struct.pack("<H", port))
        if isinstance(answer, str):
            self._send(b"\x01" + answer.encode())
        elif isinstance(answer, tuple):
            self._join(answer)
            return
        else:
            self._receive()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
            self._send(b"\x00" + head + answer)
        self._receive()

    def _upgrade(self) -> None:
        key = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + _WORD).encode()).digest()  # noqa: S324 - RFC 6455
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(key).decode())
        self.send_header("Sec-WebSocket-Protocol", self.headers["Sec-WebSocket-Protocol"])
        self.end_headers()
        self.close_connection = True

    def _send(self, data: bytes, code: int = 2) -> None:
        length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
        if len(data) >= 2**16:
            length = b"\x7f" + struct.pack(">Q", len(data))
        self.wfile.write(bytes([0x80 | code]) + length + data)

    def _join(self, place: tuple[str, int]) -> None:
        """Carry both ways between the client and a server, until one of them ends."""
        with socket.create_connection(place, timeout=10) as server:
            upwards = threading.Thread(target=self._carry_up, args=(server,), daemon=True)
            upwards.start()
            with suppress(OSError):
                while data := server.recv(2**14):
                    self._send(b"\x00" + data)
                self._send(b"", code=8)
            upwards.join(10)

    def _carry_up(self, server: socket.socket) -> None:
        with suppress(OSError):
            while data := self._receive():
                server.sendall(data[1:])
            server.shutdown(socket.SHUT_WR)

    def _receive(self) -> bytes:
        """Take one frame of the client's; none is its end."""
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] & 0x0F == 8:
            return b""
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.rfile.read(2))
        mask, masked = self.rfile.read(4), self.rfile.read(length)
        return bytes(byte ^ mask[number % 4] for number, byte in enumerate(masked))

    def log_message(self, *_: object) -> None:
        pass


def listing(*objects: Mapping[str, Any]) -> dict[str, Any]:
    """Make a collection."""
    return {"metadata": {}, "items": list(objects)}


def pod(
    name: str, *, namespace: str = "kube-system", containers: tuple[str, ...] = ("main",), **more: Any
) -> dict[str, Any]:
    """Make a running Pod; ``more`` are annotations, labels, an address and the words of its first container."""
    return {
        "metadata": {"name": name, "namespace": namespace, "annotations": more.get("annotations", {})},
        "spec": {"containers": [{"name": item, "command": list(more.get("command", ()))} for item in containers]},
        "status": {
            "phase": more.get("phase", "Running"),
            "podIP": more.get("address", ""),
            "containerStatuses": [
                {"name": item, "ready": True, "restartCount": 0, "state": {"running": {}}} for item in containers
            ],
        },
    }


def control_plane_node(name: str, address: str) -> dict[str, Any]:
    """Make a control plane node."""
    return {
        "metadata": {"name": name, "labels": {"node-role.kubernetes.io/control-plane": ""}},
        "status": {"addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}]},
    }
