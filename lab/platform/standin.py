"""Stands in for the platform's web console, its registry and its installer on one node: a program of its own.

It takes its words as JSON from the first line of standard input, says "ready" once it listens, and ends with the end of
standard input, that is with whoever started it. Run by :mod:`lab.platform.serving` in the node's network.
"""

from __future__ import annotations

import base64
import hmac
import json
import signal
import ssl
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

_PAGE = """<!DOCTYPE html>
<html><head><title>Alauda Container Platform</title></head>
<body><div id="root"></div><script src="/console-platform/main.js"></script></body></html>
"""
_DOCKER = {"Docker-Distribution-Api-Version": "registry/2.0"}
_PROGRESS = '{"status": "Success", "type": "Complete"}'


@dataclass(frozen=True)
class Words:
    """What a stand-in does.

    Attributes:
        address: it listens at.
        console: status of the console's page, on the first of the HTTPS ports.
        registry: status of the registry.
        ports: what listens where: ``console``, ``registry``, ``redirect`` (HTTP), ``installer`` (HTTP) or ``silent``,
            which takes connections and says nothing.
        certificate: certificate chain and key, PEM.
        certificates: others for some ports.
        images: what the registry holds: repository to tags.
        credentials: by which the registry says so, as ``user:password``; without them it says so to nobody.
    """

    address: str
    console: int
    registry: int
    ports: dict[str, str]
    certificate: str
    certificates: dict[str, str]
    images: dict[str, list[str]]
    credentials: str


class _Answers(BaseHTTPRequestHandler):
    """What all of them have in common."""

    protocol_version = "HTTP/1.1"
    server_version = "lab"
    words: Words

    def answer(self, status: int, body: str = "", **headers: str) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer as to GET, without the page."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer."""
        raise NotImplementedError


class _Console(_Answers):
    def do_GET(self) -> None:
        """Lead from the address to the page."""
        status = self.words.console
        if status >= 400:  # noqa: PLR2004 - the first status of a failure
            self.answer(status, "upstream connect error", Content_Type="text/plain")
        elif self.path == "/":
            self.answer(302, Location="/console-platform/")
        else:
            self.answer(status, _PAGE, Content_Type="text/html; charset=utf-8")


class _Registry(_Answers):
    def do_GET(self) -> None:
        """Ask for credentials, as a registry does, and say what it holds to those who have them."""
        if self.words.registry == 401 and self._knows():  # noqa: PLR2004 - as said
            self._list()
            return
        status = self.words.registry
        challenge = {"Www_Authenticate": 'Basic realm="registry"'} if status == 401 else {}  # noqa: PLR2004 - as said
        headers = {name.replace("-", "_"): value for name, value in _DOCKER.items()}
        self.answer(status, "{}", Content_Type="application/json", **challenge, **headers)

    def _knows(self) -> bool:
        known = base64.b64encode(self.words.credentials.encode()).decode()
        said = self.headers.get("Authorization", "")
        return bool(self.words.credentials) and hmac.compare_digest(said.encode(), f"Basic {known}".encode())

    def _list(self) -> None:
        """Answer as the distribution specification has it: the catalogue in pages, or the tags of a repository."""
        asked = urlsplit(self.path)
        kind = {
            "Content_Type": "application/json",
            **{name.replace("-", "_"): value for name, value in _DOCKER.items()},
        }
        repository = asked.path.removeprefix("/v2/").removesuffix("/tags/list")
        if asked.path == "/v2/":
            self.answer(200, "{}", **kind)
        elif asked.path == "/v2/_catalog":
            words = parse_qs(asked.query)
            rest = [name for name in sorted(self.words.images) if name > words.get("last", [""])[0]]
            page = rest[: max(1, int(words.get("n", ["100"])[0]))]
            if len(page) < len(rest):
                kind["Link"] = f'</v2/_catalog?{urlencode({"last": page[-1], "n": len(page)})}>; rel="next"'
            self.answer(200, json.dumps({"repositories": page}), **kind)
        elif repository in self.words.images:
            self.answer(200, json.dumps({"name": repository, "tags": self.words.images[repository]}), **kind)
        else:
            self.answer(404, json.dumps({"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}), **kind)


class _Redirect(_Answers):
    def do_GET(self) -> None:
        """Lead to HTTPS."""
        self.answer(301, Location=f"https://{self.headers.get('Host', self.words.address)}/")


class _Installer(_Answers):
    def do_GET(self) -> None:
        """Say that the installation is complete."""
        self.answer(200, _PROGRESS, Content_Type="application/json")


class _Silent(_Answers):
    def handle(self) -> None:
        """Say nothing until the other side gives up."""
        self.rfile.read()


_ROLES = {
    "console": _Console,
    "registry": _Registry,
    "redirect": _Redirect,
    "installer": _Installer,
    "silent": _Silent,
}
_WITH_TLS = ("console", "registry")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[_Answers], context: ssl.SSLContext | None) -> None:
        super().__init__(address, handler)
        self._context = context

    def server_bind(self) -> None:
        """Bind, and ask no server for the address's name: a node's network may have none."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "lab", self.server_address[1]

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Begin TLS in the connection's own thread, so that one that says nothing keeps nobody waiting."""
        if self._context is None:
            super().finish_request(request, client_address)
            return
        with self._context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Say nothing of clients that go."""


def _context(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory(prefix="acp-lab-standin-") as folder:
        path = f"{folder}/pem"
        with open(path, "x", encoding="ascii") as stream:  # noqa: PTH123 - private: the folder is
            stream.write(pem)
        context.load_cert_chain(path)
    return context


def main() -> int:
    """Serve until the end of standard input."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    words = Words(**json.loads(sys.stdin.readline()))
    for port, role in words.ports.items():
        handler = type(role, (_ROLES[role],), {"words": words})
        context = _context(words.certificates.get(port, words.certificate)) if role in _WITH_TLS else None
        server = _Server((words.address, int(port)), handler, context)
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
