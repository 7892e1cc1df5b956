"""Comparing two stores of the test's own: what differs, what only changes, what cannot be listed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.pair.comparing import Comparing
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.comparison import Comparison, Scope, require_compared
from sync_sides import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCOPE = Scope(("kube-system",), ("pods", "leases.*"), ("namespaces",), ("configmaps/kube-root-ca.crt",))


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
    result = Comparing(*sides, SCOPE, 60, ended).compare()
    assert "interrupted" in result.unlisted["configmaps"]
