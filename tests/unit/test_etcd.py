"""etcd: what its client and its metrics say, and what is wrong with that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.etcd import etcd_facts, etcd_metrics
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.etcd import (
    Etcd,
    EtcdMetrics,
    Health,
    Histogram,
    Member,
    MemberMetrics,
    Status,
    large,
    read_alarms,
    read_healths,
    read_members,
    read_metrics,
    read_statuses,
    require_measured,
    slow,
    unsound,
)
from cluster_api import ClusterApi, Command, control_plane_node, failure, listing, pod

if TYPE_CHECKING:
    from collections.abc import Callable

# Recorded from etcd 3.6.4 and its etcdctl.
MEMBERS = '{"header":{"cluster_id":324952591200643719,"member_id":3319814642761637952,"raft_term":2},"members":[{"ID":3319814642761637952,"name":"cp-1","peerURLs":["https://10.0.0.1:2380"],"clientURLs":["https://10.0.0.1:2379"]}]}'
STATUS = '[{"Endpoint":"https://10.0.0.1:2379","Status":{"header":{"cluster_id":324952591200643719,"member_id":3319814642761637952,"revision":4,"raft_term":2},"version":"3.6.4","dbSize":20480,"leader":3319814642761637952,"raftIndex":7,"raftTerm":2,"raftAppliedIndex":7,"dbSizeInUse":16384,"storageVersion":"3.6.0","downgradeInfo":{}}}]'
HEALTH = '[{"endpoint":"https://10.0.0.1:2379","health":true,"took":"1.584365ms"}]'
ILL = '[{"endpoint":"https://10.0.0.1:2379","health":false,"took":"2.000358369s","error":"context deadline exceeded"}]'
NO_ALARM = '{"header":{"cluster_id":324952591200643719,"member_id":3319814642761637952,"revision":4,"raft_term":2}}'
ALARM = '{"header":{},"alarms":[{"memberID":3319814642761637952,"alarm":1}]}'
METRICS = """\
# TYPE etcd_disk_backend_commit_duration_seconds histogram
etcd_disk_backend_commit_duration_seconds_bucket{le="0.001"} 0
etcd_disk_backend_commit_duration_seconds_bucket{le="0.016"} 200
etcd_disk_backend_commit_duration_seconds_bucket{le="0.032"} 200
etcd_disk_backend_commit_duration_seconds_bucket{le="+Inf"} 200
etcd_disk_backend_commit_duration_seconds_sum 0.024521907
etcd_disk_backend_commit_duration_seconds_count 200
etcd_disk_backend_commit_write_duration_seconds_bucket{le="0.001"} 7
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 1e+03
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 1000
etcd_network_peer_round_trip_time_seconds_bucket{To="8211f1d0f64f3269",le="0.0032"} 300
etcd_network_peer_round_trip_time_seconds_bucket{To="8211f1d0f64f3269",le="+Inf"} 300
"""
NODES = {name: (f"10.0.0.{number}", name) for number, name in enumerate(("cp-1", "cp-2", "cp-3"), start=1)}
HEALTHY = Etcd(
    members=tuple(Member(str(number), name, (f"10.0.0.{number}",)) for number, name in enumerate(NODES, start=1)),
    statuses=tuple(Status(str(number), "3.6.4", 2**20, "2") for number in (1, 2, 3)),
    healths=tuple(Health(f"https://10.0.0.{number}:2379", healthy=True) for number in (1, 2, 3)),
    alarms=(),
    nodes=NODES,
)


def sentences(etcd: Etcd) -> list[str]:
    return [sentence for sentence, _ in unsound(etcd)]


def test_what_etcdctl_prints_is_read() -> None:
    (member,) = read_members(MEMBERS)
    assert (member.id, member.name, member.hosts) == (f"{3319814642761637952:x}", "cp-1", ("10.0.0.1",))
    (status,) = read_statuses(STATUS)
    assert (status.member, status.leader, status.database) == (member.id, member.id, 20480)
    assert read_healths(HEALTH) == (Health("https://10.0.0.1:2379", healthy=True),)
    assert read_healths(ILL)[0].error == "context deadline exceeded"
    assert read_alarms(NO_ALARM) == ()
    assert read_alarms(ALARM) == ((member.id, "NOSPACE"),)


@pytest.mark.parametrize("read", [read_members, read_statuses, read_healths, read_alarms])
@pytest.mark.parametrize("text", ["[]", "{}", "5", "null", '{"members": 3, "alarms": "x"}', '[{"Status": []}, 7]'])
def test_what_has_an_odd_form_is_read_as_far_as_it_goes(read: Callable[[str], Any], text: str) -> None:
    assert isinstance(read(text), tuple)


def test_what_is_no_json_is_no_fact() -> None:
    with pytest.raises(CollectionError, match="etcdctl gave no JSON: Error: x"):
        read_members("Error: x")


def test_a_healthy_etcd_is_sound() -> None:
    assert not sentences(HEALTHY)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"members": HEALTHY.members[:2], "statuses": HEALTHY.statuses[:2]}, ["node_without"]),
        ({"members": (*HEALTHY.members, Member("4", "other", ("10.0.0.9",))), "statuses": (*HEALTHY.statuses, Status("4", "3", 1, "2"))}, ["foreign"]),
        ({"members": (*HEALTHY.members, Member("4", "", ("10.0.0.9",)))}, ["never_started"]),
        ({"members": (*HEALTHY.members[:2], replace(HEALTHY.members[2], learner=True))}, ["learner"]),
        ({"statuses": HEALTHY.statuses[:2]}, ["silent"]),
        ({"healths": (*HEALTHY.healths[:2], Health("x", healthy=False, error="deadline"))}, ["unhealthy"]),
        ({"statuses": (*HEALTHY.statuses[:2], Status("3", "3.6.4", 1, "3"))}, ["leaders"]),
        ({"statuses": (*HEALTHY.statuses[:2], Status("3", "3.6.4", 1, ""))}, ["leaders"]),
        ({"statuses": (*HEALTHY.statuses[:2], Status("3", "3.6.4", 1, "2", ("no leader",)))}, ["error"]),
        ({"alarms": (("3", "NOSPACE"),)}, ["alarm"]),
    ],
)  # fmt: skip
def test_what_is_unsound_is_named(changed: dict[str, Any], said: list[str]) -> None:
    assert sentences(replace(HEALTHY, **changed)) == said


def test_members_are_known_by_their_addresses_too() -> None:
    named = tuple(replace(member, name=f"etcd-{member.id}") for member in HEALTHY.members)
    assert not sentences(replace(HEALTHY, members=named))


def test_an_etcd_without_members_is_not_judged() -> None:
    with pytest.raises(CollectionError):
        [*unsound(replace(HEALTHY, members=()))]
    with pytest.raises(CollectionError):
        [*large(replace(HEALTHY, statuses=()), 1024)]


def test_a_large_database_is_named() -> None:
    grown = replace(HEALTHY, statuses=(*HEALTHY.statuses[:2], Status("3", "3.6.4", 2**30, "2")))
    assert [*large(HEALTHY, 1024)] == []
    assert [*large(grown, 1024)] == [("large", {"member": "cp-3", "size": 1024})]


@pytest.mark.parametrize(
    ("buckets", "count", "expected"),
    [
        (((0.001, 0), (0.002, 100)), 100, 0.00199),
        (((0.001, 99), (0.002, 100)), 100, 0.001),
        (((0.001, 50), (0.002, 50), (0.004, 100)), 100, 0.00396),
        # Beyond all bounds: the highest of them, as Prometheus has it.
        (((0.001, 50), (0.002, 60)), 100, 0.002),
        (((0.001, 100),), 100, 0.00099),
    ],
)
def test_quantiles_are_those_of_prometheus(buckets: tuple[tuple[float, int], ...], count: int, expected: float) -> None:
    assert Histogram(buckets, count).quantile(0.99) == pytest.approx(expected)


def test_metrics_are_read_and_judged() -> None:
    member = read_metrics(METRICS)
    assert member.commit == Histogram(((0.001, 0), (0.016, 200), (0.032, 200)), 200)
    assert member.fsync == Histogram(((0.001, 1000),), 1000)
    assert member.peers == {"8211f1d0f64f3269": Histogram(((0.0032, 300),), 300)}
    metrics = EtcdMetrics({"etcd-1": member})
    assert [*slow(metrics, commit=25, fsync=10, peer=50)] == []
    require_measured(metrics, 100)
    assert [sentence for sentence, _ in slow(metrics, commit=15, fsync=0.5, peer=3)] == ["commit", "fsync", "peer"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "no member of etcd gave its metrics"),
        ({"etcd-1": MemberMetrics(problem="port 2381 was refused")}, "etcd-1: port 2381 was refused"),
        ({"etcd-1": read_metrics("")}, "has measured backend commit 0 times; 100 are needed"),
        ({"etcd-1": replace(read_metrics(METRICS), fsync=Histogram(((1.0, 99),), 99))}, "WAL fsync 99 times"),
        ({name: replace(read_metrics(METRICS), peers={}) for name in ("etcd-1", "etcd-2")}, "peer round trip 0 times"),
    ],
)
def test_what_was_not_measured_enough_is_not_judged(members: dict[str, MemberMetrics], said: str) -> None:
    with pytest.raises(CollectionError, match=said):
        require_measured(EtcdMetrics(members), 100)


def test_hostile_metrics_cost_nothing() -> None:
    line = "etcd_disk_" + 'To="' * 10**6
    assert read_metrics(f"{line}\n{'etcd_disk_x ' * 3}\n") == MemberMetrics(None, None, {})


def static_pod(name: str, *words: str, **more: Any) -> dict[str, Any]:
    return pod(name, containers=("etcd",), annotations={"kubernetes.io/config.mirror": "x"}, command=words, **more)


def answered(_: str, words: list[str]) -> Command:
    """What a member of one answers, as recorded."""
    answers = {"member": MEMBERS, "status": STATUS, "health": HEALTH, "alarm": NO_ALARM}
    (answer,) = [text for word, text in answers.items() if word in words]
    return Command(answer.encode())


def documents(*pods: dict[str, Any]) -> dict[str, Any]:
    return {
        "/api/v1/namespaces/kube-system/pods": listing(*pods, pod("etcd-exporter")),
        "/api/v1/nodes": listing(control_plane_node("cp-1", "10.0.0.1")),
    }


def test_etcd_is_asked_in_its_static_pod() -> None:
    asked: list[list[str]] = []

    def run(name: str, words: list[str]) -> Command:
        asked.append([name, *words])
        return answered(name, words)

    with ClusterApi(documents(static_pod("etcd-10.0.0.1")), run).running() as api:
        assert not sentences(etcd_facts(api))
    assert {words[0] for words in asked} == {"etcd-10.0.0.1"}
    assert all("--key=/etc/kubernetes/pki/etcd/server.key" in words for words in asked)
    # Nothing that changes anything is ever asked for.
    assert [words[9:] for words in asked] == [
        ["member", "list"],
        ["endpoint", "status", "--cluster"],
        ["endpoint", "health", "--cluster"],
        ["alarm", "list"],
    ]


def test_a_member_that_does_not_answer_is_passed_over_for_the_next() -> None:
    def run(name: str, words: list[str]) -> Command | int:
        return 500 if name == "etcd-1" else answered(name, words)

    with ClusterApi(documents(static_pod("etcd-1"), static_pod("etcd-2")), run).running() as api:
        assert etcd_facts(api).members


def test_a_member_that_is_ill_is_a_fact_and_no_error() -> None:
    def run(name: str, words: list[str]) -> Command:
        ill = Command(ILL.encode(), b"Error: unhealthy cluster", failure(1))
        return ill if "health" in words else answered(name, words)

    with ClusterApi(documents(static_pod("etcd-1")), run).running() as api:
        assert sentences(etcd_facts(api)) == ["unhealthy"]


@pytest.mark.parametrize(
    ("pods", "run", "said"),
    [
        ((), answered, "etcd runs in no static Pod kube-system/etcd-"),
        ((static_pod("etcd-1"),), lambda *_: 403, "exec of etcdctl in kube-system/etcd-1 was refused"),
        ((static_pod("etcd-1"),), lambda *_: Command(stderr=b"a\nno such file\n", ending=failure(127)), "ended with 127: no such file"),
        ((static_pod("etcd-1"),), lambda *_: Command(b"junk"), "etcdctl gave no JSON: junk"),
    ],
)  # fmt: skip
def test_an_etcd_that_cannot_be_asked_says_why(pods: Any, run: Any, said: str) -> None:
    with ClusterApi(documents(*pods), run).running() as api, pytest.raises(ApiError, match=said):
        etcd_facts(api)


def test_metrics_are_fetched_where_each_member_offers_them() -> None:
    offering = static_pod("etcd-1", "etcd", "--listen-metrics-urls=http://127.0.0.1:2381")
    other = static_pod("etcd-2", "etcd", "--listen-metrics-urls=http://127.0.0.1:2382,http://10.0.0.2:2382")
    silent = static_pod("etcd-3", "etcd")
    closed = static_pod("etcd-4", "etcd", "--listen-metrics-urls=http://127.0.0.1:2381")
    ports: dict[tuple[str, int], bytes | str] = {
        ("etcd-1", 2381): METRICS.encode(),
        ("etcd-2", 2382): METRICS.encode(),
        ("etcd-4", 2381): "connection refused",
    }
    with ClusterApi(documents(offering, other, silent, closed), ports=ports).running() as api:
        found = etcd_metrics(api).members
    assert found["etcd-1"] == found["etcd-2"] == read_metrics(METRICS)
    assert "offers no metrics over HTTP" in found["etcd-3"].problem
    assert "gave no answer" in found["etcd-4"].problem


def test_facts_of_etcd_are_saved_and_read_back() -> None:
    from acp_acceptance.model.platform import PlatformFacts  # noqa: PLC0415 - only here

    facts = PlatformFacts("global", {"etcd": HEALTHY, "etcd_metrics": EtcdMetrics({"etcd-1": read_metrics(METRICS)})})
    again = PlatformFacts.from_json("global", json.loads(json.dumps(facts.to_json())))
    assert isinstance(again, PlatformFacts)
    assert not sentences(again.etcd)
    assert again.etcd_metrics == facts.etcd_metrics
