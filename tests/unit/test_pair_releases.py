"""What must be the same on both sides, and names of nodes: from listed objects to the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.network import Hostname
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair.node_names import untelling
from pairs import PAIR, PRIMARY, STANDBY, pair_judged, pair_snapshot, plugin, side_objects
from platform_objects import MODULE_INFOS, NODES, PRODUCT_BASES, named, node

if TYPE_CHECKING:
    from pathlib import Path

RELEASE, NAMES = "parity.release", "node-names.cluster"


def arm(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for item in nodes:
        item["status"]["nodeInfo"]["architecture"] = "arm64"
    return nodes


def test_two_alike_clusters_meet_it(tmp_path: Path) -> None:
    found = pair_judged(pair_snapshot(tmp_path), RELEASE, NAMES)
    assert found == {(RELEASE, PAIR): ("passed", ""), (NAMES, PAIR): ("passed", "")}


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        (
            {PRODUCT_BASES: [named("base", status={"phase": "Running", "version": "v4.2.2"})]},
            "ACP is v4.2.1 on the primary and v4.2.2 on the standby",
        ),
        ({MODULE_INFOS: [plugin("etcd-sync")]}, "the standby lacks plugins: logging"),
        ({MODULE_INFOS: [plugin("logging"), plugin("servicemesh")]}, "only the standby has plugins: servicemesh"),
        (
            {MODULE_INFOS: [plugin("logging", "v4.2.0")]},
            "the plugin logging is v4.2.1 on the primary and v4.2.0 on the standby",
        ),
    ],
)
def test_a_difference_fails_alone(tmp_path: Path, objects: dict[str, Any], said: str) -> None:
    found = pair_judged(pair_snapshot(tmp_path, objects={STANDBY: objects}), RELEASE, NAMES)
    assert found.with_outcome("failed", "broken") == {(RELEASE, PAIR)}
    assert said in found.said()


@pytest.mark.parametrize(
    ("package", "outcome", "said"),
    [
        ("hybrid", "passed", ""),
        ("x86", "failed", "amd64 on the primary and arm64 on the standby, and the package is x86 and not hybrid"),
        (None, "broken", "does not say package.architecture"),
    ],
)
def test_machines_of_two_architectures_need_the_package_for_both(
    tmp_path: Path, package: str | None, outcome: str, said: str
) -> None:
    objects = {STANDBY: {NODES: arm(side_objects(STANDBY)[NODES])}}
    snapshot = pair_snapshot(tmp_path, lambda site: site.update(package={"architecture": package}), objects=objects)
    found = pair_judged(snapshot, RELEASE)
    assert found[RELEASE, PAIR][0] == outcome
    assert said in found.said()


@pytest.mark.parametrize(
    "objects",
    [
        {PRODUCT_BASES: ApiError("forbidden", "productbases is forbidden")},
        {PRODUCT_BASES: [named("base", status={"version": 7})]},
        {PRODUCT_BASES: []},
        {MODULE_INFOS: ApiError("forbidden", "moduleinfoes is forbidden")},
        {NODES: [node("standby-global-m1", "198.51.100.11"), ApiError("deadline", "too late")]},
    ],
)
def test_what_is_not_known_is_not_judged(tmp_path: Path, objects: dict[str, Any]) -> None:
    found = pair_judged(pair_snapshot(tmp_path, objects={STANDBY: objects}), RELEASE)
    assert found.with_outcome("broken") == {(RELEASE, PAIR)}


@pytest.mark.parametrize(
    ("primary", "standby", "outcome"),
    [
        (("dc1-m1", "dc1-m2", "dc1-m3"), ("dc2-m1", "dc2-m2", "dc2-m3"), "passed"),
        (("m1", "m2", "m3"), ("m4", "m5", "m6"), "failed"),
        (("primary-m1", "m2", "m3"), ("standby-m1", "standby-m2", "standby-m3"), "failed"),
        (("node-primary-1",), ("node-standby-1",), "passed"),
        (("global-m1",), ("global-m2",), "failed"),
        ((Problem("unreachable", "no route"),), ("standby-m1",), "broken"),
        ((), ("standby-m1",), "broken"),
    ],
)
def test_names_must_share_a_word_that_the_others_lack(
    primary: tuple[Any, ...], standby: tuple[Any, ...], outcome: str
) -> None:
    sides = {
        cluster: {
            str(number): NodeFacts(str(number), {"hostname": Hostname(name) if isinstance(name, str) else name})
            for number, name in enumerate(names)
        }
        for cluster, names in ((PRIMARY, primary), (STANDBY, standby))
    }
    if outcome == "broken":
        with pytest.raises(CollectionError):
            list(untelling(sides))
    else:
        assert bool(list(untelling(sides))) == (outcome == "failed")
