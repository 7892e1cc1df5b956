"""Collecting what is known of synchronisation: against servers of the test's own, and shells of this machine."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.client import ApiClient, Configuration

from acp_acceptance.collect.pair.canary import LABEL, NAME, Measuring, Writer
from acp_acceptance.collect.pair.comparing import Comparing
from acp_acceptance.collect.pair.etcd_path import etcd_path
from acp_acceptance.collect.pair.monitor import ask_monitor, packed_answer, read_response
from acp_acceptance.collect.pair.sync_pods import sync_settings, synchroniser
from acp_acceptance.collect.pair.user_objects import user_objects
from acp_acceptance.collect.platform.access import Access
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.probe import make_probe
from acp_acceptance.inventory import Role
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.comparison import Comparison, Scope, require_compared
from acp_acceptance.model.pair.path import parse_ways
from acp_acceptance.model.sections import Part, Section, read_probe
from cluster_api import ClusterApi, listing, pod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCOPE = Scope(("kube-system",), ("pods", "leases.*"), ("namespaces",), ("configmaps/kube-root-ca.crt",))
ALIKE = b"LOCAL ETCD missed keys:\nLOCAL ETCD surplus keys:\n"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/cpaas-system/leases/etcd-sync-mirror"
PODS = "/api/v1/namespaces/cpaas-system/pods"
SERVICE = "/api/v1/namespaces/cpaas-system/services/etcd-sync-monitor"
KINDS = {
    "/apis": {"groups": []},
    "/apis/apiregistration.k8s.io/v1/apiservices": {"metadata": {}, "items": []},
    "/api/v1": {
        "resources": [
            {"name": name, "namespaced": name != "namespaces", "verbs": ["get", "list"]}
            for name in ("configmaps", "namespaces", "pods", "configmaps/status")
        ]
    },
}


# --- the comparison


class _Store:
    """A cluster that holds ConfigMaps; each time it is asked, ``then`` may change it."""

    def __init__(
        self, objects: dict[str, dict[str, Any]], then: Callable[[_Store], None] = lambda _store: None
    ) -> None:
        self.objects, self._then = objects, then
        self.asked: list[str] = []

    def items(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        if not path.endswith("/configmaps"):
            yield from KINDS.get(path, {}).get("items", [])
            return
        self.asked.append(path)
        _, _, only = query.get("fieldSelector", "").partition("metadata.name=")
        objects = dict(self.objects)
        # What comes after the first object of a page was read before it.
        if only:
            self._then(self)
        for key in sorted(objects):
            namespace, _, name = key.partition("/")
            if not only or (only == name and path == f"/api/v1/namespaces/{namespace}/configmaps"):
                yield {"metadata": {"namespace": namespace, "name": name, **objects[key]}}
        if not only:
            self._then(self)

    def get(self, path: str, **_query: str) -> dict[str, Any]:
        return KINDS[path]


def compared(primary: _Store, standby: _Store, settle: float = 0.01) -> tuple[Comparison, list[tuple[str, ...]]]:
    found: list[tuple[str, ...]] = []
    sides: Any = (primary, standby)
    result = Comparing(*sides, SCOPE, settle, None, lambda *item: found.append(item)).compare()
    return result, sorted(found)


def objects(*names: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {f"acme/{name}": {"uid": f"u-{name}", **more} for name in names}


def test_both_sides_are_compared_and_each_difference_is_told() -> None:
    primary = _Store({**objects("a", "b", "c"), "kube-system/x": {"uid": "x"}, "acme/kube-root-ca.crt": {"uid": "1"}})
    standby = _Store({**objects("b", "c", "d"), "acme/c": {"uid": "other"}, "acme/kube-root-ca.crt": {"uid": "2"}})
    result, found = compared(primary, standby)
    wanted = [("missed", "a"), ("replaced", "c"), ("surplus", "d")]
    assert found == [(way, "configmaps", "acme", name) for way, name in wanted]
    assert (result.kinds, result.primary, result.standby) == (2, 3, 3)
    assert result.totals == {"missed": 1, "surplus": 1, "replaced": 1}
    require_compared(result)


def test_very_many_differences_are_found_by_listing_again() -> None:
    names = [f"n-{number:04d}" for number in range(1500)]
    primary, standby = _Store(objects(*names, "z")), _Store(objects("z"))
    result, _ = compared(primary, standby)
    assert result.totals == {"missed": 1500}
    assert len(primary.asked) == 2
    (shown,) = result.differences
    assert (shown.group.count, len(shown.group.names)) == (1500, 5)


def test_what_is_on_its_way_is_no_difference() -> None:
    primary = _Store(objects("a", "b"))
    standby = _Store(objects("a"), lambda store: store.objects.update(objects("b")))
    result, found = compared(primary, standby)
    assert (found, result.following) == ([], 1)


def test_what_was_changed_during_the_run_is_no_difference() -> None:
    def go_on(store: _Store) -> None:
        counts["primary"] += 1
        store.objects["acme/busy"] = {"uid": "u", "generation": counts["primary"]}

    def follow(store: _Store) -> None:
        store.objects["acme/busy"] = {"uid": "u", "generation": max(0, counts["primary"] - 1)}

    counts = {"primary": 100}
    primary, standby = _Store(objects("busy"), go_on), _Store(objects("busy"), follow)
    go_on(primary)
    result, found = compared(primary, standby)
    assert (found, result.following) == ([], 1)


def test_a_standby_that_stands_still_while_the_primary_goes_on_differs() -> None:
    def go_on(store: _Store) -> None:
        store.objects["acme/busy"] = {"uid": "u", "generation": len(store.asked) + 5}

    result, found = compared(
        _Store({"acme/busy": {"uid": "u", "generation": 2}}, go_on),
        _Store({"acme/busy": {"uid": "u", "generation": 1}}),
    )
    assert found == [("stale", "configmaps", "acme", "busy")]
    assert result.following == 0


def test_many_that_come_meanwhile_are_looked_at_once_more() -> None:
    names = [f"n-{number:04d}" for number in range(300)]

    def arrive(store: _Store) -> None:
        store.objects.update(objects(*names[:250]))

    result, found = compared(_Store(objects(*names)), _Store({}, arrive))
    assert len(found) == 50
    assert (result.totals, result.following) == ({"missed": 50}, 250)


def test_a_listing_that_is_out_of_order_is_said() -> None:
    class Disorderly(_Store):
        def items(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
            return reversed([*super().items(path, **query)])

    result, _ = compared(Disorderly(objects("a", "b")), _Store(objects("a", "b")))
    assert "not in the order of names" in result.unlisted["configmaps"]
    with pytest.raises(CollectionError, match="configmaps"):
        require_compared(result)


def test_what_may_not_be_listed_is_said() -> None:
    class Closed(_Store):
        def items(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
            if path.endswith("configmaps"):
                raise ApiError("forbidden", "you may not")
            return super().items(path, **query)

    result, _ = compared(_Store(objects("a")), Closed({}))
    assert result.unlisted == {"configmaps": "you may not"}


def test_a_comparison_that_nobody_waits_for_ends() -> None:
    ended = threading.Event()
    sides: Any = (_Store(objects("a", "b")), _Store({}, lambda _store: ended.set()))
    began = time.monotonic()
    result = Comparing(*sides, SCOPE, 60, ended).compare()
    assert time.monotonic() - began < 30
    assert "interrupted" in result.unlisted["configmaps"]


# --- the monitor


def node(name: str = "m1", cluster: str = "standby") -> SimpleNamespace:
    return SimpleNamespace(name=name, cluster=cluster, roles=(Role.CONTROL_PLANE,), address="192.0.2.9")


def side(api: Any, ask_node: Any = None, **more: Any) -> Any:
    inventory = SimpleNamespace(nodes=[node("other", "primary"), node()], site=SimpleNamespace(dr=None, release="4.3"))
    cluster = SimpleNamespace(name="standby", vip="192.0.2.10", etcd_endpoints=())
    return SimpleNamespace(api=api, inventory=inventory, cluster=cluster, ask_node=ask_node, **more)


def service(address: str = "10.4.0.7", port: int = 80) -> dict[str, Any]:
    return {"spec": {"clusterIP": address, "ports": [{"port": 9}, {"port": port}]}}


def test_the_monitor_is_asked_through_the_api_server() -> None:
    with ClusterApi({SERVICE: service(), f"{SERVICE}:80/proxy/check": ALIKE.decode()}).running() as api:
        answer = ask_monitor(side(api))
    assert (answer.body, answer.status, answer.way) == (ALIKE, 200, "through the API server")


def test_an_error_of_the_monitor_itself_is_its_answer() -> None:
    class Failing(ClusterApi):
        pass

    with Failing({SERVICE: service(port=8080), f"{SERVICE}:9/proxy/check": "<html>"}).running() as api:
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


# --- what a node runs


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
    (tmp_path / "nc").symlink_to("/usr/bin/busybox")
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


# --- Pods, leader, settings


def sync_documents(**lease: Any) -> dict[str, Any]:
    found = pod("etcd-sync-1", namespace="cpaas-system")
    found["metadata"] |= {
        "creationTimestamp": "2026-11-21T10:00:00Z",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "etcd-sync"}],
    }
    found["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": "2026-11-21T10:00:05Z"}}
    log = "2026-11-21T10:00:06.123456789Z begins\n2026-11-21T10:01:00Z I start sync UPDATE from revision 5\n"
    return {
        f"{PODS}?labelSelector=app=etcd-sync": listing(found),
        f"{PODS}/etcd-sync-1/log": log,
        "/apis/apps/v1/namespaces/cpaas-system/replicasets/etcd-sync": {
            "metadata": {"creationTimestamp": "2026-11-21T09:59:59Z"}
        },
        LEASE: {
            "spec": {
                "holderIdentity": "etcd-sync-1",
                "leaseDurationSeconds": 1,
                "renewTime": "2026-11-21T10:00:00Z",
                **lease,
            }
        },
    }


def test_the_synchroniser_is_read() -> None:
    with ClusterApi(sync_documents()).running() as api:
        found: Any = synchroniser(side(api))["synchroniser"]
    (one,) = found.pods
    assert (one.log.whole, one.log.started.minute, one.workload_since.minute) == (True, 1, 59)
    # Nobody renews this one.
    assert (found.lease.holder, found.lease.renewed, found.lease_problem) == ("etcd-sync-1", False, "")


def test_a_log_that_was_rotated_is_not_whole() -> None:
    documents = sync_documents()
    documents[f"{PODS}/etcd-sync-1/log"] = "2026-11-21T12:00:00Z later\n"
    with ClusterApi(documents).running() as api:
        found: Any = synchroniser(side(api))["synchroniser"]
    assert (found.pods[0].log.whole, found.pods[0].log.started) == (False, None)


@pytest.mark.parametrize("lease", [{"holderIdentity": 7}, {"leaseDurationSeconds": "x"}, {"renewTime": None}])
def test_odd_leases_are_read(lease: dict[str, Any]) -> None:
    with ClusterApi(sync_documents(**lease)).running() as api:
        found: Any = synchroniser(side(api))["synchroniser"]
    assert found.lease.renewed is None


def test_settings_are_kept_without_secrets() -> None:
    config = {
        "dataCheckInterval": "5m",
        "nested": {"printDetailLogs": True},
        "clusterToken": "123",
        "password": "300",
        "note": "hush hush",
        "list": [1],
    }
    module = {"metadata": {"name": "x"}, "spec": {"config": config, "valuesOverride": {"replicas": 2}}}
    with ClusterApi({"/apis/cluster.alauda.io/v1alpha1/moduleinfoes": listing(module)}).running() as api:
        found: Any = sync_settings(side(api))["sync_settings"]
    assert found.values == {"dataCheckInterval": "5m", "nested.printDetailLogs": True, "replicas": 2}


def test_what_users_made_is_found() -> None:
    by_user = {
        "name": "mine",
        "namespace": "kube-system",
        "managedFields": [{"manager": "kubectl-create", "time": "2026-11-21T10:00:00Z"}],
    }
    by_platform = {
        "name": "its",
        "namespace": "kube-system",
        "managedFields": [
            {"manager": "helm-controller", "time": "2026-11-21T10:00:00Z"},
            {"manager": "kubectl-edit", "time": "2026-11-21T11:00:00Z"},
        ],
    }
    owned = {**by_user, "name": "owned", "ownerReferences": [{"name": "x"}]}
    marked = {"name": "marked", "namespace": "cpaas-system", "annotations": {"cpaas.io/creator": "admin"}}
    elsewhere = {**by_user, "namespace": "acme"}
    found = listing(*({"metadata": item} for item in (by_user, by_platform, owned, marked, elsewhere)))
    backup = {
        "metadata": {"name": "b", "namespace": "v"},
        "spec": {},
        "includedNamespaces": ["*"],
        "status": {"phase": "Completed", "completionTimestamp": "2026-11-21T10:00:00Z"},
    }
    documents = {
        **KINDS,
        "/api/v1/configmaps": found,
        "/apis/velero.io/v1/backups": listing(backup),
        "/api/v1/pods": listing(),
    }
    with ClusterApi(documents).running() as api:
        result: Any = user_objects(side(api))["user_objects"]
    assert (result.objects, result.total) == (4, 2)
    assert [(group.namespace, group.names) for group in result.groups] == [
        ("cpaas-system", ("marked",)),
        ("kube-system", ("mine",)),
    ]
    assert [item.holds("kube-system") for item in result.backups] == [True]


# --- the canary


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
