"""The monitor's answer, read strictly: only what is known counts, and nothing unknown is ever consistent."""

from __future__ import annotations

import tracemalloc

import pytest

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.beside import Beside
from acp_acceptance.model.pair.check import CheckAnswer, read_check, require_understood, unlike
from acp_acceptance.model.pair.comparison import Scope
from acp_acceptance.model.pair.keys import KeySet, object_of

ALIKE = b"LOCAL ETCD missed keys:\nLOCAL ETCD surplus keys:\n"
SCOPE = Scope(("kube-system",), ("leases.*",), ("clusters.*",), ("configmaps/kube-root-ca.crt",))


def answer(body: bytes, status: int = 200) -> CheckAnswer:
    return read_check(body, status, "the test")[0]


@pytest.mark.parametrize(
    "body",
    [
        ALIKE,
        ALIKE.replace(b":", b""),
        b"LOCAL ETCD missed keys :\r\n\r\n  LOCAL ETCD surplus keys:  \r\n",
        b"LOCAL ETCD surplus keys:\nLOCAL ETCD missed keys:",
    ],
)
def test_both_headers_without_keys_are_consistent(body: bytes) -> None:
    found = answer(body)
    require_understood(found)
    assert not [*unlike(found)]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 200, "it is empty"),
        (b"\n \n", 200, "it is empty"),
        (b"OK\n", 200, "the line OK"),
        (b"LOCAL ETCD missed keys:\n", 200, "no header"),
        (b"LOCAL ETCD surplus keys:\n", 200, "no header"),
        (ALIKE + b"checked at 12:00\n", 200, "the line checked at 12:00"),
        (ALIKE + b"LOCAL ETCD missed keys:\n", 200, "twice"),
        (b"/registry/pods/a/b\n" + ALIKE, 200, "the line /registry/pods/a/b"),
        (ALIKE + b"/other/pods/a/b\n", 200, "the line /other"),
        (ALIKE + b"/registry/a\n", 200, "the line /registry/a"),
        (ALIKE + b"/registry/a/b/c/d/e/f\n", 200, "the line"),
        (ALIKE + b"/registry/configmaps/acme/a b\n", 200, "the line"),
        (ALIKE + b"/registry/configmaps/acme/" + b"a" * 5000 + b"\n", 200, "the line"),
        (ALIKE + b"LOCAL ETCD other keys:\n", 200, "other keys"),
        (ALIKE, 500, "HTTP status 500"),
        (ALIKE, 204, "HTTP status 204"),
        (b"<html><body>LOCAL ETCD missed keys:</body></html>", 200, "<html>"),
        (ALIKE + b"\xff\xfe\x00\n", 200, "the line"),
        (ALIKE + "/registry/configmaps/acme/\u202egnp".encode(), 200, "the line"),
    ],
)
def test_anything_else_is_not_understood(body: bytes, status: int, said: str) -> None:
    found = answer(body, status)
    with pytest.raises(CollectionError, match="the monitor's answer") as raised:
        require_understood(found)
    assert said in str(raised.value)


def test_keys_are_grouped_by_namespace_and_kind() -> None:
    body = (
        b"LOCAL ETCD missed keys:\n"
        b"/registry/configmaps/acme/one\n/registry/configmaps/acme/two\n/registry/configmaps/beta/one\n"
        b"/registry/platform.tkestack.io/clusters/production\n"
        b"LOCAL ETCD surplus keys:\n/registry/services/specs/acme/web\n"
    )
    found = [*unlike(answer(body))]
    require_understood(answer(body))
    assert found == [
        ("missed", {"count": 1, "kind": "clusters.platform.tkestack.io", "namespace": "-", "names": ["production"]}),
        ("missed", {"count": 2, "kind": "configmaps", "namespace": "acme", "names": ["one", "two"]}),
        ("missed", {"count": 1, "kind": "configmaps", "namespace": "beta", "names": ["one"]}),
        ("surplus", {"count": 1, "kind": "services", "namespace": "acme", "names": ["web"]}),
    ]


def test_keys_beside_something_unknown_are_judged_and_not_understood() -> None:
    found = answer(b"LOCAL ETCD missed keys:\n/registry/configmaps/acme/one\nboom\n")
    assert [name for name, _ in unlike(found)] == ["missed"]
    with pytest.raises(CollectionError, match="the line boom"):
        require_understood(found)


@pytest.mark.parametrize(
    ("key", "kind", "namespace", "name"),
    [
        ("/registry/minions/10.0.0.1", "nodes", "", "10.0.0.1"),
        ("/registry/services/endpoints/acme/web", "endpoints", "acme", "web"),
        ("/registry/services/acme/web", "services", "acme", "web"),
        ("/registry/operator.alauda.io/appreleases/acme/web", "appreleases.operator.alauda.io", "acme", "web"),
        ("/registry/clusterroles/system:node", "clusterroles", "", "system:node"),
    ],
)
def test_keys_name_objects(key: str, kind: str, namespace: str, name: str) -> None:
    found = object_of(key)
    assert found is not None
    assert (found.kind, found.namespace, found.name) == (kind, namespace, name)


def test_a_key_that_was_only_on_its_way_is_gone_from_the_second_answer() -> None:
    first = b"LOCAL ETCD missed keys:\n/registry/configmaps/a/stays\n/registry/configmaps/a/came\nLOCAL ETCD surplus keys:\n"
    second = (
        b"LOCAL ETCD missed keys:\n/registry/configmaps/a/stays\n/registry/configmaps/a/new\nLOCAL ETCD surplus keys:\n"
    )
    _, before = read_check(first, 200, "the test")
    found, _ = read_check(second, 200, "the test", before)
    assert [values["names"] for _, values in unlike(found)] == [["stays"]]


def many(count: int) -> bytes:
    keys = b"".join(b"/registry/configmaps/acme/made-up-%07d\n" % number for number in range(count))
    return b"LOCAL ETCD missed keys:\n" + keys + b"LOCAL ETCD surplus keys:\n"


def test_many_keys_are_counted() -> None:
    found, keys = read_check(many(200_000), 200, "the test")
    assert (found.missed_total, len(keys.missed), found.surplus_total) == (200_000, 200_000, 0)
    (group,) = found.missed
    assert (group.count, len(group.names)) == (200_000, 5)


def test_keys_take_little_memory() -> None:
    body = many(30_000)
    tracemalloc.start()
    try:
        read_check(body, 200, "the test")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Eight bytes a key, and what the array keeps free to grow into.
    assert peak < 2**20


def test_more_groups_than_are_shown_are_counted() -> None:
    keys = b"".join(b"/registry/configmaps/namespace-%d/one\n" % number for number in range(700))
    found = answer(b"LOCAL ETCD missed keys:\n" + keys + b"LOCAL ETCD surplus keys:\n")
    said = [*unlike(found)]
    assert said[-1] == ("more_missed", {"count": 200})
    assert len(said) == 501


def test_a_set_of_keys_finds_what_it_was_given() -> None:
    some = KeySet()
    for number in (3, 1, 2):
        some.add(f"key {number}")
    assert ["key 1" in some, "key 4" in some] == [True, False]
    other = KeySet()
    other.add("key 2")
    assert some.count_outside([other]) == 2
    some.add("key 0")
    assert "key 0" in some


def beside(first: bytes, second: bytes, ours: list[tuple[str, str, str, str]]) -> Beside:
    found = Beside(SCOPE)
    assert not found.take(first, 200, "the test")
    for difference in ours:
        found.differs(*difference)
    assert not found.take(second, 200, "the test")
    return found


def test_a_monitor_that_is_silent_is_told() -> None:
    missed = [("missed", "deployments.apps", "acme", f"web-{number}") for number in range(7)]
    result = beside(ALIKE, ALIKE, [*missed, ("stale", "configmaps", "acme", "one")]).result({"deployments.apps"})
    assert (result.silent, len(result.silent_names), result.unconfirmed) == (7, 5, 0)
    assert result.silent_names[0] == "deployments.apps acme/web-0"


def test_keys_of_the_monitor_without_group_are_the_same_objects() -> None:
    body = b"LOCAL ETCD missed keys:\n/registry/deployments/acme/web\nLOCAL ETCD surplus keys:\n"
    result = beside(body, body, [("missed", "deployments.apps", "acme", "web")]).result({"deployments.apps"})
    assert (result.silent, result.unconfirmed) == (0, 0)


def test_what_the_monitor_says_and_nobody_finds_is_unconfirmed_only_if_it_is_compared_and_stays() -> None:
    keys = [
        "configmaps/acme/made-up",
        "configmaps/kube-system/excluded",
        "configmaps/acme/kube-root-ca.crt",
        "pods/acme/not-compared",
    ]
    body = "LOCAL ETCD missed keys:\nLOCAL ETCD surplus keys:\n" + "".join(f"/registry/{key}\n" for key in keys)
    before = body.encode() + b"/registry/configmaps/acme/gone\n"
    after = body.encode() + b"/registry/configmaps/acme/new\n"
    result = beside(before, after, []).result({"configmaps"})
    assert (result.unconfirmed, result.unconfirmed_names) == (1, ("configmaps acme/made-up",))


def test_an_answer_that_is_not_understood_is_no_answer_to_compare_with() -> None:
    assert "it is empty" in Beside(SCOPE).take(b"", 200, "the test")
