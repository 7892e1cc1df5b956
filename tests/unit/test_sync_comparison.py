"""The comparison of both sides: what makes two objects equal, the merge of two listings, and looking again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.comparison import (
    BesideMonitor,
    Comparison,
    DifferenceGroup,
    DisorderError,
    Scope,
    Suspect,
    require_compared,
    suspected,
    unlike,
    unsaid,
)
from acp_acceptance.model.pair.keys import KeyGroup
from acp_acceptance.model.pair.seen import DIFFERENCES, Seen, difference, observe

if TYPE_CHECKING:
    from collections.abc import Iterable


def metadata(**more: Any) -> dict[str, Any]:
    field = {
        "manager": "kubectl-create",
        "operation": "Update",
        "time": "2026-11-21T10:00:00Z",
        "fieldsV1": {"f:data": {}},
    }
    return {"name": "one", "uid": "u-1", "resourceVersion": "5", "managedFields": [field], **more}


def written(time: str, **more: Any) -> list[dict[str, Any]]:
    return [{"manager": "kubectl-edit", "operation": "Update", "time": time, **more}]


SAME = observe(metadata())


@pytest.mark.parametrize(
    "other",
    [
        metadata(resourceVersion="77", selfLink="/api/v1/x"),
        metadata(labels={}, annotations=None, finalizers=[]),
        metadata(managedFields=[*metadata()["managedFields"], *written("2026-11-21T11:00:00Z", subresource="status")]),
    ],
    ids=["resourceVersion", "empty is absent", "status"],
)
def test_what_each_side_has_for_itself_is_no_difference(other: dict[str, Any]) -> None:
    assert difference(SAME, observe(other)) is None


@pytest.mark.parametrize(
    ("primary", "standby", "wanted"),
    [
        (metadata(), None, "missed"),
        (None, metadata(), "surplus"),
        (metadata(), metadata(uid="u-2"), "replaced"),
        (metadata(labels={"a": "b"}, generation=2), metadata(generation=1), "stale"),
        (metadata(generation=2), metadata(generation=3), "changed"),
        (metadata(managedFields=written("2026-11-21T11:00:00Z")), metadata(), "stale"),
        (metadata(), metadata(managedFields=written("2026-11-21T11:00:00Z")), "changed"),
        (metadata(deletionTimestamp="2026-11-21T11:00:00Z"), metadata(), "stale"),
        (metadata(finalizers=["a"]), metadata(), "stale"),
        (metadata(ownerReferences=[{"uid": "u-9"}]), metadata(ownerReferences=[{"uid": "u-8"}]), "stale"),
    ],
)
def test_differences(primary: dict[str, Any] | None, standby: dict[str, Any] | None, wanted: str) -> None:
    states = [observe(item) if item is not None else None for item in (primary, standby)]
    assert difference(*states) == wanted


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"uid": 7, "generation": "two", "labels": [1], "managedFields": "none"},
        {"managedFields": [None, 3, {"time": 5}], "annotations": {"\ud800": "\ud800"}},
        {"ownerReferences": [[{"a": {"b": {}}}]]},
    ],
)
def test_odd_metadata_is_seen_and_raises_nothing(odd: dict[str, Any]) -> None:
    assert difference(observe(odd), observe(dict(odd))) is None
    assert difference(observe(odd), SAME) is not None


def listing(*keys: str, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(key, metadata(name=key, uid=f"u-{key}", **more)) for key in keys]


def differing(primary: Iterable[Any], standby: Iterable[Any]) -> list[tuple[str, str | None]]:
    counts = [0, 0]
    return [(key, difference(left, right)) for key, left, right in suspected(primary, standby, counts)]


def test_two_listings_are_merged_in_the_order_of_keys() -> None:
    # "-" and "." stand before "/", so that the order of keys is not that of namespaces.
    primary = listing("a-b/x", "a.b/x", "a/x", "b/1", "b/3")
    standby = listing("a-b/x", "a/x", "a/y", "b/3", "c/1")
    found = [("a.b/x", "missed"), ("a/y", "surplus"), ("b/1", "missed"), ("c/1", "surplus")]
    assert differing(primary, standby) == found
    assert differing([], []) == []
    assert differing(listing("a"), []) == [("a", "missed")]


def test_objects_are_counted() -> None:
    counts = [1, 1]
    assert not [*suspected(listing("a", "b"), listing("a", "b"), counts)]
    assert counts == [3, 3]


@pytest.mark.parametrize("keys", [("b", "a"), ("a", "a")])
def test_a_listing_out_of_order_is_not_compared(keys: tuple[str, str]) -> None:
    with pytest.raises(DisorderError):
        differing(listing(*keys), listing(*keys))


def state(number: int, uid: str = "u") -> Seen:
    return Seen(uid, None, f"content-{number}", f"2026-11-21T10:00:{number:02d}Z")


def test_what_stands_still_on_the_primary_is_certain() -> None:
    assert Suspect(state(1), None).again(state(1), None) == "missed"
    assert Suspect(None, state(1)).again(None, state(1)) == "surplus"
    assert Suspect(state(2), state(1)).again(state(2), state(1)) == "stale"
    assert Suspect(state(2), None).again(state(2), state(1)) == "stale"


def test_what_is_alike_at_last_is_no_difference() -> None:
    assert Suspect(state(1), None).again(state(1), state(1)) is None
    assert Suspect(state(1), None).again(None, None) is None
    assert Suspect(None, state(1)).again(state(1), state(1)) is None


def test_a_standby_that_shows_what_the_primary_had_before_follows() -> None:
    assert Suspect(state(2), state(1)).again(state(3), state(2)) is None


def test_what_changes_each_time_is_a_difference_only_if_the_standby_stands_still() -> None:
    still, moving = Suspect(state(2), state(1)), Suspect(state(2), state(1))
    for number in (3, 4, 5):
        assert still.again(state(number * 10), state(1)) == ""
        assert moving.again(state(number * 10), state(number * 10 - 7)) == ""
    assert (still.at_last(), moving.at_last()) == ("stale", None)


SCOPE = Scope(("kube-system",), ("leases.*", "pods"), ("namespaces", "*.tkestack.io"), ("configmaps/kube-root-ca.crt",))


def test_the_scope_is_what_the_release_says() -> None:
    kinds = [("configmaps", True), ("pods", True), ("leases.coordination.k8s.io", True), ("secrets", True)]
    assert [SCOPE.has_kind(kind, namespaced=inside) for kind, inside in kinds] == [True, False, False, True]
    outside = ["namespaces", "clusters.platform.tkestack.io", "nodes", "clusterroles.rbac.authorization.k8s.io"]
    assert [SCOPE.has_kind(kind, namespaced=False) for kind in outside] == [True, True, False, False]
    objects = [
        ("configmaps", "acme", "one"),
        ("configmaps", "kube-system", "one"),
        ("configmaps", "acme", "kube-root-ca.crt"),
    ]
    assert [SCOPE.has_object(*item) for item in objects] == [True, False, False]
    assert [SCOPE.has_object("namespaces", "", name) for name in ("acme", "kube-system")] == [True, False]


def test_every_difference_is_said_and_more_are_counted() -> None:
    group = KeyGroup("configmaps", "acme", 2, ("one", "two"))
    found = Comparison(
        3,
        9,
        9,
        tuple(DifferenceGroup(way, group) for way in DIFFERENCES),
        {**dict.fromkeys(DIFFERENCES, 2), "missed": 5},
    )
    assert [name for name, _ in unlike(found, DIFFERENCES[:4])] == ["missed", "more", "surplus", "replaced", "stale"]
    assert [values["count"] for name, values in unlike(found, ["missed"])] == [2, 3]
    assert [name for name, _ in unlike(found, ["changed"])] == ["changed"]


def test_a_silent_monitor_is_said() -> None:
    assert not [*unsaid(Comparison(1, 1, 1))]
    found = Comparison(1, 1, 1, monitor=BesideMonitor(2, ("configmaps acme/one",)))
    assert [*unsaid(found)] == [("silent", {"count": 2, "names": ["configmaps acme/one"]})]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Comparison(2, 0, 0), "nothing was compared"),
        (Comparison(2, 3, 3, unlisted={"secrets": "forbidden"}), "such as secrets: forbidden"),
    ],
)
def test_what_was_not_compared_is_not_alike(found: Comparison, said: str) -> None:
    with pytest.raises(CollectionError, match=said):
        require_compared(found)
