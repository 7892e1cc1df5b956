"""Exec and port-forward: each way in which they go wrong is a reason, and none an endless wait."""

from __future__ import annotations

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from cluster_api import ClusterApi, Command, failure


def test_a_command_gives_what_it_prints_and_its_exit_status() -> None:
    api = ClusterApi(run=lambda *_: Command(b"out\n" * 20_000, b"err", failure(3)))
    with api.running() as asked:
        ran = asked.exec("ns", "pod-1", "main", ["nslookup", "a.b", "10.0.0.1"])
    assert ran.status == 3
    assert ran.stdout == "out\n" * 20_000
    assert ran.stderr == "err"
    (path,) = api.asked
    assert path == (
        "/api/v1/namespaces/ns/pods/pod-1/exec?command=nslookup&command=a.b&command=10.0.0.1&container=main"
        "&stdout=true&stderr=true"
    )


@pytest.mark.parametrize(
    ("command", "kind", "said"),
    [
        (403, "forbidden", "deploy/rbac.yaml"),
        (401, "unauthorised", "status 401"),
        (404, "absent", "status 404"),
        (500, "server", "status 500"),
        (Command(ending=None), "unreachable", "broke off before its end was said"),
        (Command(ending={"status": "Failure", "message": "no such file: nslookup"}), "server", "no such file"),
        (Command(ending={"status": "Failure", "details": {"causes": 5}}), "server", "nothing more is said"),
        (Command(b"x" * 2**22 + b"yz"), "unreadable", "more than 4 MiB"),
        (Command(hangs=True), "deadline", "did not end in time"),
    ],
    ids=str,
)
def test_a_command_that_cannot_be_run_says_why(command: Command | int, kind: str, said: str) -> None:
    with ClusterApi(run=lambda *_: command).running() as api, pytest.raises(ApiError, match=said) as error:
        api.exec("ns", "pod-1", "main", ["nslookup"])
    assert error.value.kind == kind


def test_a_server_that_is_not_there_says_so() -> None:
    with ClusterApi().running() as api:
        pass
    with pytest.raises(ApiError, match="could not be begun") as error:
        api.exec("ns", "pod-1", "main", ["nslookup"])
    assert error.value.kind == "unreachable"


def test_a_port_is_asked_through_the_api() -> None:
    with ClusterApi(ports={("etcd-1", 2381): b"metric 1\n" * 5000}).running() as api:
        assert api.fetch("kube-system", "etcd-1", 2381, "/metrics") == "metric 1\n" * 5000


@pytest.mark.parametrize(
    ("ports", "said"),
    [({("etcd-1", 2381): "connection refused"}, "port 2381 of kube-system/etcd-1 gave no answer"), ({}, "status 404")],
)
def test_a_port_that_cannot_be_asked_says_why(ports: dict[tuple[str, int], bytes | str], said: str) -> None:
    with ClusterApi(ports=ports).running() as api, pytest.raises(ApiError, match=said):
        api.fetch("kube-system", "etcd-1", 2381, "/metrics")
