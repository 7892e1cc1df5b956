"""Asking the monitor through the API server and on a node, and timing the way to etcd, with shells of this machine."""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.pair.etcd_path import etcd_path
from acp_acceptance.collect.pair.monitor import ask_monitor, packed_answer, read_response
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.probe import make_probe
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.path import parse_ways
from acp_acceptance.model.sections import Part, Section, read_probe
from cluster_api import ClusterApi
from sync_sides import side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.collect.platform.api import Api

ALIKE = b"LOCAL ETCD missed keys:\nLOCAL ETCD surplus keys:\n"
SERVICE = "/api/v1/namespaces/cpaas-system/services/etcd-sync-monitor"


def service(address: str = "10.4.0.7", port: int = 80) -> dict[str, Any]:
    return {"spec": {"clusterIP": address, "ports": [{"port": 9}, {"port": port}]}}


def test_the_monitor_is_asked_through_the_api_server() -> None:
    with ClusterApi({SERVICE: service(), f"{SERVICE}:80/proxy/check": ALIKE.decode()}).running() as api:
        answer = ask_monitor(side(api))
    assert (answer.body, answer.status, answer.way) == (ALIKE, 200, "through the API server")


def test_any_answer_of_the_monitor_itself_is_one() -> None:
    with ClusterApi({SERVICE: service(port=8080), f"{SERVICE}:9/proxy/check": "<html>"}).running() as api:
        assert ask_monitor(side(api)).body == b"<html>"


STATUS = '{"kind": "Status", "message": "no endpoints available for service \\"etcd-sync-monitor\\""}'


def packed(response: bytes) -> Section:
    return Section("monitor", {"packed": Part(0, base64.b64encode(gzip.compress(response)).decode())})


def test_a_node_is_the_second_way() -> None:
    asked: list[Any] = []

    def ask_node(found: Any, name: str, values: dict[str, str]) -> Section:
        asked.append((found.name, name, values))
        return packed(b"HTTP/1.1 200 OK\r\nContent-Length: 49\r\n\r\n" + ALIKE)

    with ClusterApi({SERVICE: service("fd00::7"), f"{SERVICE}:80/proxy/check": 403}).running() as api:
        api_side = side(_Refusing(api), ask_node)
        answer = ask_monitor(api_side)
    assert (answer.body, answer.status, answer.way) == (ALIKE, 200, "on m1")
    assert asked == [
        ("m1", "monitor", {"monitor_address": "fd00::7", "monitor_port": "80", "monitor_host": "[fd00::7]"})
    ]


class _Refusing:
    """An API server that lets nobody through to Services."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def get(self, path: str) -> dict[str, Any]:
        return self._api.get(path)

    def raw(self, *_arguments: Any, **_options: Any) -> tuple[int, bytes]:
        return 503, STATUS.encode()


def test_neither_way_says_both_reasons() -> None:
    def ask_node(*_arguments: Any) -> Section:
        raise CollectionError("m1 could not be asked")

    with ClusterApi({SERVICE: service()}).running() as api, pytest.raises(ApiError) as raised:
        ask_monitor(side(_Refusing(api), ask_node))
    assert "no endpoints available" in raised.value.reason
    assert "m1 could not be asked" in raised.value.reason


def test_without_a_monitor_that_is_said() -> None:
    with ClusterApi({}).running() as api, pytest.raises(ApiError) as raised:
        ask_monitor(side(api))
    assert raised.value.kind == "absent"


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nabc", "whether the monitor's answer is whole"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "no whole HTTP response"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "no whole HTTP response"),
        (b"nonsense\r\n", "no whole HTTP response"),
    ],
)
def test_an_answer_that_may_be_cut_is_none(response: bytes, said: str) -> None:
    with pytest.raises(CollectionError, match=said):
        read_response(response)


def test_chunks_are_put_together() -> None:
    response = b"HTTP/1.1 500 no\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
    assert read_response(response) == (b"abcd", 500)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (Section("monitor", {}, frozenset({"asking"})), "neither bash, curl nor nc"),
        (Section("monitor", {}, frozenset({"packed"})), "gzip and base64"),
        (Section("monitor", {"packed": Part(0, "!!!")}), "cannot be unpacked"),
        (Section("monitor", {"packed": Part(0, packed(b"x" * 100).parts["packed"].text[:20])}), "unpacked|was cut"),
        (
            Section("monitor", {"packed": Part(0, packed(b"").parts["packed"].text, "refused")}),
            "does not answer: refused",
        ),
    ],
)
def test_what_a_node_could_not_bring_is_said(section: Section, said: str) -> None:
    with pytest.raises(CollectionError, match=said):
        packed_answer(section)


def test_an_answer_that_grows_without_end_is_not_unpacked() -> None:
    with pytest.raises(CollectionError, match="larger than 64 MiB"):
        packed_answer(packed(b"\0" * (65 * 2**20)))


class _Monitor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/check" else 404)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (ALIKE[:10], ALIKE[10:]):
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Monitor)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def probed(shell: str, name: str, values: dict[str, str], *hidden: str, more: Path = Path("/usr/bin")) -> Section:
    """Run a section with a shell that does not find some programs, and finds those of one more folder."""
    probe = make_probe(become=False, values=values, only={name: 40})
    words = " ".join(f"command:-v:{program}) return 1 ;;" for program in hidden)
    hide = f'command() {{ case "command:$1:$2" in {words} esac; builtin command "$@"; }}\n' if hidden else ""
    command = probe.command.replace("sh -c", f"{shell} -c", 1)
    script = hide.encode() + probe.script.partition(b"\n")[2]
    given = b"\n%d\n%s" % (len(script), script)
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PATH": f"{more}:{os.environ['PATH']}"},
    )
    return read_probe(done.stdout, done.stderr, probe.nonce).sections[name]


@pytest.mark.parametrize(
    ("shell", "hidden"),
    [("dash", ()), ("bash", ()), ("busybox sh", ()), ("bash", ("bash",)), ("bash", ("bash", "curl"))],
    ids=["dash", "bash", "busybox", "curl", "nc"],
)
def test_a_node_asks_the_monitor_with_what_it_has(shell: str, hidden: tuple[str, ...], tmp_path: Path) -> None:
    needed = {shell.split(maxsplit=1)[0], "busybox", *({"curl"} if hidden == ("bash",) else ())}
    missing = sorted(program for program in needed if not shutil.which(program))
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"needs {', '.join(missing)}")
    (tmp_path / "nc").symlink_to(str(shutil.which("busybox")))
    with listening() as port:
        values = {"monitor_address": "127.0.0.1", "monitor_port": str(port), "monitor_host": "127.0.0.1"}
        section = probed(shell, "monitor", values, *hidden, more=tmp_path)
    assert read_response(packed_answer(section)) == (ALIKE, 200)


def test_a_node_that_cannot_reach_the_monitor_says_why() -> None:
    values = {"monitor_address": "127.0.0.1", "monitor_port": "9", "monitor_host": "127.0.0.1"}
    with pytest.raises(CollectionError, match="refused"):
        packed_answer(probed("sh", "monitor", values))


def test_a_node_times_the_way_to_etcd() -> None:
    with listening() as port:
        places = [f"127.0.0.1:{port}", "127.0.0.1:9"]
        lines = f"0 127.0.0.1 {port}\n1 127.0.0.1 9\n"
        ways = parse_ways(probed("sh", "etcd_path", {"etcd_places": lines}), places)
    assert ways[places[0]].outcome == "open"
    assert ways[places[0]].milliseconds is not None
    assert (ways[places[1]].outcome, ways[places[1]].milliseconds) == ("refused", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("try 0 0 0.001\nboom", "something else: boom"),
        ("try 7 0 0.001", "something else"),
        ("try 0 0 0.01", "did not try b:1"),
    ],
)
def test_odd_tries_are_not_taken_for_ways(text: str, said: str) -> None:
    with pytest.raises(CollectionError, match=said):
        parse_ways(Section("etcd_path", {"tries": Part(0, text)}), ["a:1", "b:1"])


def test_a_try_that_stood_still_and_one_that_was_prohibited_are_told() -> None:
    text = "try 0 124\ntry 0 124\ntry 1 1 bash: connect: No route to host bash: /dev/tcp/a/1: No route to host 3.1\ntry 0 0 0.031\ntry 0 0 0.020"
    ways = parse_ways(Section("etcd_path", {"tries": Part(0, text)}), ["a:1", "b:1"])
    assert (ways["a:1"].outcome, ways["a:1"].milliseconds, ways["b:1"].outcome) == ("open", 20.0, "unreachable")


@pytest.mark.parametrize(
    ("endpoints", "vip", "wanted"),
    [
        ((), "192.0.2.10", ["192.0.2.10:2379"]),
        (("https://a:2380", "[fd00::1]:2379"), "x", ["a:2380", "[fd00::1]:2379"]),
        ((), "fd00::2", ["[fd00::2]:2379"]),
    ],
)
def test_etcd_is_tried_where_the_synchroniser_reaches_it(
    endpoints: tuple[str, ...], vip: str, wanted: list[str]
) -> None:
    def ask_node(_node: Any, _name: str, values: dict[str, str]) -> Section:
        tries = "".join(f"try {line.split()[0]} 0 0.002\n" for line in values["etcd_places"].splitlines())
        return Section("etcd_path", {"tries": Part(0, tries)})

    standby = side(None, ask_node)
    primary = SimpleNamespace(cluster=SimpleNamespace(name="primary", vip=vip, etcd_endpoints=endpoints))
    found: Any = etcd_path(SimpleNamespace(primary=primary, standby=standby))["etcd_path"]  # type: ignore[arg-type]
    assert list(found.nodes["m1"]) == wanted
