"""Servers on loopback addresses for tests: real TCP, TLS and HTTP, each in a thread of its own."""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certificates import NOW, issued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from certificates import Issued

Reply = tuple[int, dict[str, str], bytes]
Replies = dict[str, "Reply | Callable[[Mapping[str, str]], Reply]"]


def own_address(last: int) -> str:
    """Give a loopback address of this process alone, for ports that cannot be chosen; ``last`` is its last number."""
    number = os.getpid()
    return f"127.{64 + (number >> 8) % 64}.{number % 256}.{last}"


def valid_today(
    name: str,
    issuer: Issued | None = None,
    *,
    names: tuple[str, ...] = (),
    addresses: tuple[str, ...] = (),
    left: int = 365,
) -> Issued:
    """Issue a certificate that is valid on the day of the test, for ``left`` days more."""
    today = (datetime.now(timezone.utc) - NOW).days
    return issued(name, issuer, names=names, addresses=addresses, days=(today - 400, today + left))


def serving(certificate: Issued, *issuers: Issued) -> ssl.SSLContext:
    """Make what a server needs to serve a certificate with its issuers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chain.pem"
        file.write_bytes(b"".join([certificate.pem, *(item.pem for item in issuers), certificate.key_pem()]))
        context.load_cert_chain(file)
    return context


class WebServer(ThreadingHTTPServer):
    """An HTTP server that remembers what it was asked.

    Attributes:
        replies: what to answer, by path; a function is given the request's headers.
        asked: path and headers of each request.
    """

    daemon_threads = True
    replies: Mapping[str, Reply | Callable[[Mapping[str, str]], Reply]]

    def __init__(self, address: str, port: int) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        super().__init__((address, port), _Handler)

    def handle_error(self, *_: Any) -> None:
        """Stay silent: clients hang up by design."""


class _Handler(BaseHTTPRequestHandler):
    server: WebServer

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.path, headers))
        reply = self.server.replies.get(self.path, (404, {}, b"not here"))
        status, more, body = reply(headers) if callable(reply) else reply
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def web_server(
    address: str,
    port: int,
    replies: Mapping[str, Reply | Callable[[Mapping[str, str]], Reply]],
    certificate: Issued | None = None,
    *issuers: Issued,
) -> Iterator[WebServer]:
    """Serve replies over HTTPS with a certificate and its issuers, or without one over HTTP."""
    server = WebServer(address, port)
    server.replies = replies
    if certificate is not None:
        server.socket = serving(certificate, *issuers).wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def push_gateway(address: str) -> Iterator[tuple[str, list[tuple[str, str, bytes]], list[int]]]:
    """Stand in for a Pushgateway: give its URL, what it was sent (method, path, body), and the status it answers with."""
    seen: list[tuple[str, str, bytes]] = []
    answer = [200]

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.command, self.path, body))
            self.send_response(answer[0])
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((address, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{address}:{server.server_port}", seen, answer
        finally:
            server.shutdown()
            thread.join()
