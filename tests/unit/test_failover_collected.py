"""What is looked at for a failover, against servers of this test: APIs, ports of Pods, VIPs, the domain."""

from __future__ import annotations

import base64
import json
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from acp_acceptance.collect.pair.components import components_of, elasticsearch
from acp_acceptance.collect.pair.failover import domain_served, etcd_ports, workload_components
from acp_acceptance.collect.pair.subjects import Both, Seal, Side
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.streams import ask_port
from acp_acceptance.inventory import Inventory
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.pair.components import Components, StartedPod
from acp_acceptance.model.pair.elasticsearch import ElasticsearchAnswer
from acp_acceptance.model.pair.switched_domain import DomainServed
from acp_acceptance.model.platform import PlatformFacts
from certificates import issued
from cluster_api import ClusterApi, listing, pod
from pairs import DOMAIN, PRIMARY, STANDBY, pair_inventory
from servers import own_address, valid_today, web_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PODS = "/api/v1/namespaces/cpaas-system/pods"
LABELLED, OF_ES, OF_SYNC = (
    f"{PODS}?labelSelector={item}" for item in ("service_name", "service_name=cpaas-elasticsearch", "app=etcd-sync")
)
WORKLOADS = "/apis/apps/v1/namespaces/cpaas-system"
SECRET = "/api/v1/namespaces/cpaas-system/secrets/elasticsearch-basic-auth"
HEALTH = "/_cluster/health"
PASSWORD = "hunter2-of-elasticsearch"
KNOWN = f"Basic {base64.b64encode(f'elastic:{PASSWORD}'.encode()).decode()}"


def made(name: str, service: str = "vmselect", **status: Any) -> dict[str, Any]:
    found = pod(name, namespace="cpaas-system")
    found["metadata"] |= {"labels": {"service_name": service}, "creationTimestamp": "2026-11-20T12:10:00Z"}
    found["status"] |= status
    return found


def workload(name: str, replicas: int | None = None) -> dict[str, Any]:
    spec: dict[str, Any] = {"template": {"metadata": {"labels": {"service_name": name}}}}
    return {"metadata": {"name": name}, "spec": spec if replicas is None else {**spec, "replicas": replicas}}


def documents(pods: list[Any], **more: Any) -> dict[str, Any]:
    return {
        LABELLED: listing(*pods),
        OF_ES: listing(*[item for item in pods if "cpaas-elasticsearch" in str(item)]),
        OF_SYNC: listing(),
        f"{WORKLOADS}/deployments": listing(),
        f"{WORKLOADS}/statefulsets": listing(),
        **more,
    }


def data(**fields: str) -> dict[str, Any]:
    return {"data": {name: base64.b64encode(text.encode()).decode() for name, text in fields.items()}}


# --- components


def read(found: Mapping[str, Any]) -> Components:
    with ClusterApi(found).running() as api:
        return components_of(api)


def test_components_are_listed_by_their_label() -> None:
    unready = {"containerStatuses": [{"name": "main", "ready": False}]}
    ended = made("vmselect-old", phase="Failed")
    leaving = made("vmselect-2")
    leaving["metadata"]["deletionTimestamp"] = "2026-11-20T12:11:00Z"
    found = read(
        documents(
            [made("vmselect-0"), made("vmselect-1", **unready), leaving, ended, made("warlock-0", "warlock")],
            **{
                OF_SYNC: listing(pod("etcd-sync-1")),
                f"{WORKLOADS}/deployments": listing(workload("alertmanager"), workload("off", 0)),
                f"{WORKLOADS}/statefulsets": listing(workload("cpaas-elasticsearch", 3), {"spec": "nonsense"}),
            },
        )
    )
    started = "2026-11-20T12:10:00+00:00"
    assert found.pods == {
        "vmselect": (
            StartedPod("vmselect-0", started, ready=True),
            StartedPod("vmselect-1", started, ready=False),
            StartedPod("vmselect-2", started, ready=False),
        ),
        "warlock": (StartedPod("warlock-0", started, ready=True),),
    }
    assert found.workloads == {
        "alertmanager": ("deployments/alertmanager",),
        "cpaas-elasticsearch": ("statefulsets/cpaas-elasticsearch",),
    }
    assert found.synchroniser == ("etcd-sync-1",)
    assert not found.has("off")


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"metadata": None, "status": []},
        {"metadata": {"name": 5, "labels": ["service_name"], "creationTimestamp": "yesterday"}},
        {
            "metadata": {"name": "\x1b[31m", "labels": {"service_name": "\x1b[31m"}},
            "status": {"containerStatuses": "x"},
        },
    ],
)
def test_odd_pods_say_nothing_and_do_no_harm(odd: dict[str, Any]) -> None:
    found = read(documents([odd]))
    assert all(
        "\x1b" not in name and not item.started and not item.ready for name, pods in found.pods.items() for item in pods
    )


def test_what_may_not_be_listed_is_said() -> None:
    with pytest.raises(ApiError, match=r"deploy/rbac\.yaml"):
        read({**documents([]), LABELLED: 403})


# --- Elasticsearch


def side_of(folder: Path, cluster: str, api: Any, phase: str = "failover", **clusters: dict[str, Any]) -> Side:
    def change(site: dict[str, Any]) -> None:
        for name, more in clusters.items():
            site["clusters"][f"{name}-global"].update(more)

    inventory = pair_inventory(folder, change)
    document = inventory.model_dump(mode="json")
    document["site"]["dr"]["phase"] = phase
    inventory = Inventory.model_validate(document)
    nobody: Any = None
    return Side(inventory, inventory.site.clusters[cluster], api, 2.0, PlatformFacts(cluster, {}), {}, nobody, Seal())


@contextmanager
def elastic(
    folder: Path, reply: Callable[[Mapping[str, str]], Any], *, secured: bool, secret: Any = None
) -> Iterator[Any]:
    """Give what is found of an Elasticsearch that answers so, and the server that was asked."""
    replies = {HEALTH: reply}
    certificate = issued("es") if secured else None
    found = made("es-0", "cpaas-elasticsearch")
    found["spec"]["containers"][0]["ports"] = [
        {"name": "transport", "containerPort": 9300},
        {"name": "http", "containerPort": 9201},
    ]
    with web_server("127.0.0.1", 0, replies, certificate) as server:
        place = ("127.0.0.1", server.server_address[1])
        documented = documents([found], **{SECRET: secret or data(username="elastic", password=PASSWORD)})
        with ClusterApi(documented, ports={("es-0", 9201): place}).running() as api:
            yield elasticsearch(side_of(folder, STANDBY, api))["elasticsearch"], server


def guarded(headers: Mapping[str, str]) -> Any:
    body = json.dumps({"status": "green"}).encode()
    return (200, {}, body) if headers.get("authorization") == KNOWN else (401, {}, b"who are you?")


@pytest.mark.parametrize("secured", [True, False])
def test_elasticsearch_is_asked_as_the_platforms_user(tmp_path: Path, secured: bool) -> None:  # noqa: FBT001 - a parameter
    with elastic(tmp_path, guarded, secured=secured) as (found, server):
        assert found.answers == (ElasticsearchAnswer("es-0", 200, health="green"),)
        assert PASSWORD not in repr(found)
        assert [path for path, _ in server.asked] == [HEALTH]


def test_a_refusal_is_kept_with_its_status(tmp_path: Path) -> None:
    with elastic(tmp_path, lambda _: (401, {}, b""), secured=True) as (found, _):
        assert (found.answers[0].status, found.problem) == (401, "")


@pytest.mark.parametrize("secret", [404, 403, {"data": {}}, {"data": {"username": "!", "password": "!"}}, {"data": 5}])
def test_without_the_secret_it_is_asked_as_nobody_and_that_is_said(tmp_path: Path, secret: Any) -> None:
    with elastic(tmp_path, guarded, secured=True, secret=secret) as (found, server):
        assert found.answers[0].status == 401
        assert "elasticsearch-basic-auth with the platform's user could not be read" in found.problem
        assert "authorization" not in server.asked[0][1]


def test_a_body_that_is_nothing_known_says_no_health(tmp_path: Path) -> None:
    with elastic(tmp_path, lambda _: (200, {}, b"<html>"), secured=True) as (found, _):
        assert found.answers == (ElasticsearchAnswer("es-0", 200),)


def test_a_port_that_does_not_answer_says_why(tmp_path: Path) -> None:
    found = documents([made("es-0", "cpaas-elasticsearch")], **{SECRET: 404})
    with ClusterApi(found, ports={("es-0", 9200): "connection refused"}).running() as api:
        facts: Any = elasticsearch(side_of(tmp_path, STANDBY, api))["elasticsearch"]
    assert facts.answers[0].status is None
    assert "connection refused" in facts.answers[0].failure


def test_a_cluster_without_it_has_none(tmp_path: Path) -> None:
    with ClusterApi(documents([made("vmselect-0")])).running() as api:
        facts: Any = elasticsearch(side_of(tmp_path, STANDBY, api))["elasticsearch"]
    assert not facts.installed


def test_much_is_read_through_tls() -> None:
    body = bytes(range(256)) * 2**12
    with web_server("127.0.0.1", 0, {"/": (200, {}, body)}, issued("es")) as server:
        place = ("127.0.0.1", server.server_address[1])
        with ClusterApi(ports={("es-0", 9200): place}).running() as api:
            assert ask_port(api.access, "ns", "es-0", 9200, "/", 10, secured=True) == (200, body)


# --- from this machine


def both_of(folder: Path, phase: str = "failover", **clusters: dict[str, Any]) -> Both:
    gone = Problem("unreachable", "it is gone")
    return Both(*(side_of(folder, name, gone, phase, **clusters) for name in (PRIMARY, STANDBY)))


def test_etcds_port_is_tried_at_both_vips(tmp_path: Path) -> None:
    opened, closed = own_address(71), own_address(72)
    with socket.create_server((opened, 2379)):
        both = both_of(tmp_path, primary={"vip": opened}, standby={"vip": closed})
        found: Any = etcd_ports(both)["etcd_ports"]
    assert found.states == {f"{opened}:2379": "open", f"{closed}:2379": "refused"}
    assert found.unnamed == ()


def test_a_vip_that_is_not_named_is_said(tmp_path: Path) -> None:
    found: Any = etcd_ports(both_of(tmp_path, primary={"vip": own_address(73)}, standby={"vip": None}))["etcd_ports"]
    assert found.unnamed == (STANDBY,)


@pytest.mark.parametrize("step", [etcd_ports, domain_served, workload_components])
def test_before_a_failover_none_of_it_is_looked_at(tmp_path: Path, step: Callable[[Both], Any]) -> None:
    with pytest.raises(CollectionError, match="only looked at after a failover"):
        step(both_of(tmp_path, "readiness"))


@pytest.fixture
def leads_here(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the domain lead to an address of this test."""
    address, resolve = own_address(74), socket.getaddrinfo

    def resolved(host: Any, *arguments: Any, **options: Any) -> Any:
        return resolve(address if host == DOMAIN else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return address


def with_ca(side: Side, file: Path, pem: bytes) -> Side:
    """Give a side whose kubeconfig names this CA."""
    file.write_bytes(pem)
    with ClusterApi().running() as api:
        pass
    api.access.client.configuration.ssl_ca_cert = str(file)
    return Side(side.inventory, side.cluster, api, 2.0, side.platform, {}, side.ask_node, side.seal)


def served(folder: Path, address: str, signer: int, status: int | None = 200) -> DomainServed:
    """Say what is seen where one of two authorities has signed the API server's certificate."""
    authorities = [valid_today("kubernetes"), valid_today("kubernetes")]
    parameters = {"parameters": {"https_port": 8443, "cluster_endpoint": address}}
    both = both_of(folder, primary=parameters, standby=parameters)
    sides = [with_ca(side, folder / f"{number}.pem", authorities[number].pem) for number, side in enumerate(both.sides)]
    with ExitStack() as stack:
        if status is not None:
            stack.enter_context(web_server(address, 8443, {"/": (status, {}, b"")}, issued(DOMAIN)))
        authority = authorities[signer] if signer < 2 else valid_today("another")
        stack.enter_context(web_server(address, 6443, {}, valid_today("kube-apiserver", authority)))
        found: Any = domain_served(Both(*sides))["domain_served"]
    return found


@pytest.mark.parametrize(("signer", "known"), [(0, (PRIMARY,)), (1, (STANDBY,)), (2, ())])
def test_the_cluster_behind_the_domain_is_known_by_its_ca(
    tmp_path: Path, leads_here: str, signer: int, known: tuple[str, ...]
) -> None:
    assert served(tmp_path, leads_here, signer) == DomainServed(DOMAIN, leads_here, 200, signers=known)


def test_a_console_that_does_not_answer_is_said(tmp_path: Path, leads_here: str) -> None:
    found = served(tmp_path, leads_here, 1, status=None)
    assert found.status is None
    assert found.failure
    assert found.signers == (STANDBY,)


def test_a_domain_that_does_not_resolve_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    found: Any = domain_served(both_of(tmp_path))["domain_served"]
    assert found == DomainServed(DOMAIN, "", None, "it does not resolve: [Errno -2] Name or service not known")


# --- workload clusters


def test_workload_clusters_are_listed_by_their_kubeconfigs(tmp_path: Path) -> None:
    cluster = ClusterApi(documents([made("warlock-0", "warlock")]))
    with cluster.running():
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "a", "cluster": {"server": cluster.url}}],
            "users": [{"name": "a", "user": {"token": "t"}}],
            "contexts": [{"name": "production", "context": {"cluster": "a", "user": "a"}}],
            "current-context": "production",
        }
        (tmp_path / "kubeconfigs").mkdir()
        (tmp_path / "kubeconfigs" / "production.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        found: Any = workload_components(both_of(tmp_path))["workload_components"]
    assert found.clusters["production"].has("warlock")
    assert found.problems == {}


def test_a_workload_cluster_that_is_not_reached_is_said(tmp_path: Path) -> None:
    found: Any = workload_components(both_of(tmp_path))["workload_components"]
    assert found.clusters == {}
    assert "production.yaml is not there" in found.problems["production"]
