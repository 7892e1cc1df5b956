"""The canary, on a server that shows everything some time later."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.client import ApiClient, Configuration

from acp_acceptance.collect.pair.canary import LABEL, NAME, Measuring, Writer
from acp_acceptance.collect.platform.access import Access
from acp_acceptance.collect.platform.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Canaries(BaseHTTPRequestHandler):
    """ConfigMaps that can be written; the standby shows them some time later."""

    protocol_version = "HTTP/1.1"
    store: dict[str, tuple[float, dict[str, Any] | None]]
    history: list[tuple[str, str]]
    delay = 0.0
    refuses = ""

    def _send(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> dict[str, Any]:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def _write(self, name: str, document: dict[str, Any] | None) -> None:
        self.history.append((self.command, name))
        self.store.setdefault(name, []).append((time.monotonic(), document))  # type: ignore[attr-defined]

    def _now(self, name: str, delay: float = 0.0) -> dict[str, Any] | None:
        states: Any = self.store.get(name, [])
        return next((document for at, document in reversed(states) if time.monotonic() - at >= delay), None)

    def do_POST(self) -> None:
        document = self._body()
        if self.refuses == "POST":
            self._send(403, {"message": "you may not"})
            return
        document["metadata"]["creationTimestamp"] = "2026-11-21T12:00:00Z"
        self._write(document["metadata"]["name"], document)
        self._send(201, document)

    def do_PATCH(self) -> None:
        name = self.path.rpartition("/")[2]
        document = {**(self._now(name) or {}), **self._body()}
        self._write(name, document)
        self._send(200, document)

    def do_DELETE(self) -> None:
        name = self.path.rpartition("/")[2]
        self._body()
        if self._now(name) is None:
            self._send(404, {"message": "gone"})
            return
        self._write(name, None)
        self._send(200, {})

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        name = path.rpartition("/")[2]
        if name == "configmaps":
            assert "labelSelector" in query
            found = [self._now(item) for item in self.store]
            self._send(200, {"metadata": {}, "items": [item for item in found if item]})
            return
        found_one = self._now(name, self.delay)
        self._send(200 if found_one else 404, found_one or {"message": "gone"})

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def measuring(delay: float = 0.0, wait: float = 5.0, refuses: str = "") -> Iterator[tuple[Measuring, type[_Canaries]]]:
    handler = type("Handler", (_Canaries,), {"store": {}, "history": [], "delay": delay, "refuses": refuses})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{server.server_address[1]}"
    access = Access(ApiClient(configuration), configuration.host, "the test")
    api = Api(access, 5.0)
    writer = Writer(access, "/api/v1/namespaces/acme/configmaps", 5.0)
    try:
        yield Measuring(writer, api, api, "acme", wait), handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def left(handler: type[_Canaries]) -> list[str]:
    states: Any = handler.store
    return [name for name, found in states.items() if found[-1][1] is not None]


def test_the_lag_is_that_of_the_standby_and_nothing_stays() -> None:
    with measuring(delay=0.2) as (measure, handler):
        found = measure.measure(2)
    for operation in ("create", "change", "delete"):
        assert len(found.milliseconds[operation]) == 2
        assert min(found.milliseconds[operation]) >= 200, found
    assert (found.lost, found.stopped, found.left, left(handler)) == ({}, "", (), [])
    assert [verb for verb, _ in handler.history] == ["POST", "PATCH", "DELETE"] * 2


def test_a_standby_that_does_not_follow_is_waited_for_once() -> None:
    with measuring(delay=60, wait=0.1) as (measure, handler):
        found = measure.measure(5)
    # What was never there is not seen to go.
    assert (found.lost, left(handler)) == ({"create": 1, "change": 1}, [])


def test_ctrl_c_leaves_nothing() -> None:
    with measuring(delay=60) as (measure, handler):
        measure._look = lambda _name: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign,assignment]  # noqa: SLF001 - as if typed then
        with pytest.raises(KeyboardInterrupt):
            measure.measure(1)
        assert [verb for verb, _ in handler.history] == ["POST", "DELETE"]
        assert not left(handler)


def test_what_an_earlier_run_left_is_removed_and_anothers_is_not() -> None:
    with measuring() as (measure, handler):
        store: Any = handler.store
        for name, made in ((f"{NAME}-old", "11:30"), (f"{NAME}-young", "11:58"), ("foreign", "09:00")):
            metadata = {"name": name, "creationTimestamp": f"2026-11-21T{made}:00Z", "labels": {LABEL: "true"}}
            store[name] = [(0.0, {"metadata": metadata})]
        found = measure.measure(1)
        assert found.removed == 1
        assert sorted(left(handler)) == [f"{NAME}-young", "foreign"]


def test_a_right_that_is_missing_is_said() -> None:
    with measuring(refuses="POST") as (measure, handler):
        found = measure.measure(3)
    assert "you may not; give this user that right" in found.stopped
    assert not left(handler)
