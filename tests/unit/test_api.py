"""Reading an API whose server misbehaves: each way of it is a reason, none is a crash or an endless wait."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from kubernetes.client import ApiClient, Configuration

from acp_acceptance.collect.platform.access import Access, from_kubeconfig, in_cluster
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.resources import Listing, read
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.platform.pods import PodReader
from certificates import issued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]


class Server:
    """A server that answers as it is told, and remembers what it was asked; ``running`` gives the way to it."""

    def __init__(self, answer: Callable[[dict[str, str], int], Answer]) -> None:
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                outer.asked.append((self.command, self.path))
                status, body, *rest = answer(query, len(outer.asked))
                headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(rest or [{}])[0]}
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                # Who asked may have given up by now.
                with suppress(BrokenPipeError):
                    self.wfile.write(body)
                self.close_connection = headers.get("Connection") == "close"

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @contextmanager
    def running(self) -> Iterator[Api]:
        """Serve, and give an API to read."""
        self._thread.start()
        try:
            configuration = Configuration()
            configuration.host = self.url
            yield Api(Access(ApiClient(configuration), self.url, "test"), 2.0)
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


def page(names: list[str], going_on: str = "") -> bytes:
    return json.dumps({"metadata": {"continue": going_on}, "items": [{"name": name} for name in names]}).encode()


def refusal(message: str, **metadata: str) -> bytes:
    return json.dumps({"kind": "Status", "message": message, "metadata": metadata}).encode()


def listed(answer: Callable[[dict[str, str], int], Answer]) -> tuple[list[str], ApiError | None, Server]:
    """Names that were listed, the error that ended it, and the server."""
    server = Server(answer)
    names = []
    with server.running() as api:
        try:
            for item in api.items("/api/v1/pods"):
                names.append(item["name"])  # noqa: PERF401 - what came before an error counts
        except ApiError as error:
            return names, error, server
    return names, None, server


def test_pages_are_followed_to_the_last() -> None:
    pages = {"": page(["a", "b"], "1"), "1": page(["c"], "2"), "2": page(["d"])}
    names, error, server = listed(lambda query, _: (200, pages[query.get("continue", "")]))
    assert (names, error) == (["a", "b", "c", "d"], None)
    assert {command for command, _ in server.asked} == {"GET"}


def numbered_page(query: dict[str, str], total: int) -> bytes:
    """Give as many objects as were asked for, from the place on that was."""
    first, limit = int(query.get("continue", "0")), int(query["limit"])
    last = min(total, first + limit)
    return page([str(number) for number in range(first, last)], str(last) if last < total else "")


def test_pages_of_a_long_listing_grow() -> None:
    limits: list[int] = []

    def answer(query: dict[str, str], _: int) -> Answer:
        limits.append(int(query["limit"]))
        return 200, numbered_page(query, 60_000)

    names, error, _ = listed(answer)
    assert error is None
    assert names == [str(number) for number in range(60_000)]
    assert limits[:50] == [500] * 50
    assert limits == sorted(limits)
    assert all(limit <= max(500, sum(limits[:number]) // 50) for number, limit in enumerate(limits))
    assert limits[-1] > 1000


def test_pages_that_have_grown_too_large_are_asked_for_again_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acp_acceptance.collect.platform.api._PAGES_BEFORE", 1)
    asked: list[int] = []

    def answer(query: dict[str, str], _: int) -> Answer:
        asked.append(int(query["limit"]))
        content = numbered_page(query, 10_000)
        return 200, content if asked[-1] <= 1000 else content + b" " * (64 * 2**20)

    names, error, _ = listed(answer)
    assert error is None
    assert names == [str(number) for number in range(10_000)]
    assert max(asked) > 1000
    assert asked[-1] == 500


def test_a_listing_that_expires_goes_on_with_what_the_server_offers() -> None:
    def answer(query: dict[str, str], _: int) -> Answer:
        match query.get("continue"):
            case None:
                return 200, page(["a"], "old")
            case "old":
                return 410, refusal("expired", **{"continue": "new"})
            case _:
                return 200, page(["b"])

    assert listed(answer)[:2] == (["a", "b"], None)


def test_a_listing_that_expires_for_good_is_partial() -> None:
    names, error, _ = listed(
        lambda query, _: (410, refusal("expired")) if query.get("continue") else (200, page(["a"], "1"))
    )
    assert names == ["a"]
    assert error is not None
    assert "expired after 1 objects" in error.reason


def test_a_busy_server_is_asked_again() -> None:
    names, error, server = listed(
        lambda _, number: (200, page(["a"])) if number > 2 else (429, b"{}", {"Retry-After": "0"})
    )
    assert (names, error, len(server.asked)) == (["a"], None, 3)


def test_a_server_that_takes_its_time_to_fail_is_not_asked_again_and_again() -> None:
    def answer(_: dict[str, str], _number: int) -> Answer:
        time.sleep(1.2)
        return 503, b"{}"

    names, error, server = listed(answer)
    assert (names, error and error.kind) == ([], "server")
    # Without an end to it there are five: the API's deadline is two seconds.
    assert len(server.asked) <= 2


def test_what_is_behind_the_api_server_is_asked_once() -> None:
    server = Server(lambda _, _number: (500, b"remote etcd: context deadline exceeded"))
    with server.running() as api:
        assert api.raw("/proxy/check", {}, first=True) == (500, b"remote etcd: context deadline exceeded")
    assert len(server.asked) == 1


def test_an_answer_that_breaks_off_is_asked_again() -> None:
    def answer(_: dict[str, str], number: int) -> Answer:
        whole = page(["a"])
        return (200, whole) if number > 1 else (200, whole[:5], {"Content-Length": "99", "Connection": "close"})

    assert listed(answer)[:2] == (["a"], None)


ODD: dict[str, tuple[Answer, str, str]] = {
    "forbidden": (
        (403, refusal('pods is forbidden: User "x" cannot list resource "pods" in API group ""')),
        "forbidden",
        'User "x" cannot list resource "pods"',
    ),
    "unauthorised": ((401, refusal("Unauthorized")), "unauthorised", "does not accept the credentials of test"),
    "unknown": ((404, b"404 page not found"), "absent", "knows no /api/v1/pods"),
    "broken": ((500, b"oops", {"Retry-After": "0"}), "server", "with 500"),
    "page of a proxy": ((200, b"<html>sign in"), "unreadable", "gave no JSON"),
    "a number": ((200, b"7"), "unreadable", "gave no JSON object"),
    "no list": ((200, b'{"items": {"a": 1}}'), "unreadable", "gave no list"),
    "elsewhere": ((302, b"", {"Location": "http://127.0.0.1:1/"}), "server", "with 302"),
    "always breaks off": ((200, b'{"items"', {"Content-Length": "99", "Connection": "close"}), "unreachable", ""),
}


@pytest.mark.parametrize("case", ODD)
def test_what_a_server_says_instead_is_a_reason(case: str) -> None:
    answer, kind, said = ODD[case]
    names, error, _ = listed(lambda *_: answer)
    assert names == []
    assert error is not None
    assert (error.kind, said in error.reason) == (kind, True), error.reason


def test_a_server_that_stops_in_the_middle_of_a_page_costs_the_deadline_and_no_more() -> None:
    done = threading.Event()

    def answer(_: dict[str, str], number: int) -> Answer:
        if number == 1:
            return 200, page(["a"], "1")
        done.wait(30)
        return 200, b""

    try:
        names, error, _ = listed(answer)
    finally:
        done.set()
    assert names == ["a"]
    assert error is not None
    assert error.kind in {"unreachable", "deadline"}


def test_what_was_listed_before_an_error_is_kept_and_named() -> None:
    pod = {"metadata": {"namespace": "a", "name": "b"}, "status": {"phase": "Failed"}}
    first = json.dumps({"metadata": {"continue": "1"}, "items": [pod]}).encode()
    server = Server(lambda query, _: (403, refusal("no")) if "continue" in query else (200, first))
    with server.running() as api:
        found: Any = read(api, Listing("pods", PodReader, ("/api/v1/pods",)))
    assert found.items["a"].suspects[0].phase == "Failed"
    assert "after 1 objects: no" in found.missing


FAILED = {"metadata": {"namespace": "a", "name": "b"}, "status": {"phase": "Failed"}}


@pytest.mark.parametrize(
    "odd",
    [
        {"metadata": {}, "items": [7, FAILED, None, []]},
        {"metadata": None, "items": [FAILED]},
        {"items": [FAILED]},
        {"metadata": {"continue": 7.5}, "items": [{**FAILED, "metadata": {"namespace": "a", "name": 7}}]},
    ],
)
def test_an_odd_page_of_pods_is_read_whole(odd: dict[str, Any]) -> None:
    content = json.dumps(odd).encode()
    with Server(lambda query, _: (200, page([]) if "continue" in query else content)).running() as api:
        found: Any = read(api, Listing("pods", PodReader, ("/api/v1/pods",)))
    assert not found.missing
    assert found.items["a"].phases == {"Failed": 1}


def test_a_pod_that_is_no_json_is_not_passed_over() -> None:
    content = b'{"metadata": {}, "items": [' + json.dumps(FAILED).encode() + b', {"metadata": {"name": "\xff"}}]}'
    with Server(lambda *_: (200, content)).running() as api:
        found: Any = read(api, Listing("pods", PodReader, ("/api/v1/pods",)))
    assert found.items["a"].phases == {"Failed": 1}
    assert "gave no JSON" in found.missing


def test_a_pod_that_is_well_is_counted_and_no_more() -> None:
    state = {"name": "main", "ready": True, "restartCount": 0, "state": {"running": {}}}
    pod = {
        "metadata": {"namespace": "a", "name": "b"},
        "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running", "containerStatuses": [state]},
    }
    page = json.dumps({"metadata": {}, "items": [pod, pod]}).encode()
    with Server(lambda *_: (200, page)).running() as api:
        found: Any = read(api, Listing("pods", PodReader, ("/api/v1/pods",)))
        assert found.items["a"].total == 2
        assert not found.items["a"].suspects


def test_what_was_never_listed_is_a_problem() -> None:
    server = Server(lambda *_: (404, b"{}"))
    with server.running() as api:
        found = read(api, Listing("pods", PodReader, ("/apis/x",), absent="is this the platform?"))
    assert found == Problem("absent", "is this the platform?")


def test_nobody_listens() -> None:
    configuration = Configuration()
    configuration.host = "http://127.0.0.1:9"
    with pytest.raises(ApiError, match=r"127\.0\.0\.1:9 does not answer"):
        Api(Access(ApiClient(configuration), configuration.host, "test"), 2.0).get("/version")


KUBECONFIG = """
current-context: first
contexts: [{name: first, context: {cluster: c, user: u}}, {name: other, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443"}}]
users: [{name: u, user: %s}]
"""


@pytest.mark.parametrize(
    ("content", "context", "said"),
    [
        (None, None, "is not there; give --acp-kubeconfig=FILE"),
        ("a: [", None, "is no kubeconfig"),
        ("- a", None, "is no kubeconfig"),
        ("contexts: []", None, "names no current context; give --acp-context="),
        (KUBECONFIG % "{token: t}", "third", "has no context third; give --acp-context=, one of: first, other"),
        (
            KUBECONFIG
            % "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false, interactiveMode: Never}}",
            None,
            "exec: process returned 1",
        ),
        (
            KUBECONFIG
            % "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /no/such, interactiveMode: Never}}",
            None,
            "No such file or directory",
        ),
        (KUBECONFIG % "{client-certificate: /no/such, client-key: /no/such}", None, "/no/such"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_says_why(
    tmp_path: Path, content: str | None, context: str | None, said: str
) -> None:
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ApiError) as caught:
        from_kubeconfig(str(file), context)
    assert said in caught.value.reason
    assert caught.value.kind == "no-access"


def test_a_kubeconfig_says_which_context_it_used(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(KUBECONFIG % "{token: hush}", encoding="utf-8")
    access = from_kubeconfig(str(file), "other")
    assert (access.server, access.source) == ("https://192.0.2.1:6443", f"{file}, context other")
    assert "hush" not in repr(access)


def test_outside_of_a_pod_there_is_no_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ApiError, match="the service account of this Pod: ") as caught:
        in_cluster()
    assert caught.value.kind == "no-access"


def test_in_a_pod_its_service_account_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush", encoding="utf-8")
    (tmp_path / "ca.crt").write_bytes(issued("ca").pem)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    access = in_cluster()
    assert (access.server, access.source) == ("https://[fd00::1]:443", "the service account of this Pod")
    headers: dict[str, str] = {}
    access.client.update_params_for_auth(headers, [], ["BearerToken"], "/version", "GET", None)
    assert headers == {"authorization": "bearer hush"}
    assert "hush" not in repr(access)
