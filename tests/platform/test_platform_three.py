"""Faults that need three control plane nodes: what stops on one of them, while the others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.control_plane import ControlPlane
from lab.platform import FAULTS, Platform
from lab.platform.readiness import await_healthy
from lab.platform.serving import API, HTTPS, listens
from planes import runnable
from platforms import names, unlike_healthy

if TYPE_CHECKING:
    from collections.abc import Iterator

ETCD = 2379
CLOSED = {"apiserver-unreachable": API, "etcd-unreachable": ETCD, "node-https-closed": HTTPS}


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    plane = ControlPlane("1.34", "platform-three", say=lambda _line: None, control_plane=3)
    runnable(plane)
    with plane, Platform(plane, release="4.3") as one:
        yield one


def test_the_faults_are_known() -> None:
    assert {fault.name for fault in FAULTS.values() if fault.control_plane == 3} == {*CLOSED, "node-not-ready"}


@pytest.mark.parametrize("name", CLOSED)
def test_a_port_of_one_node_is_closed_and_opens_again(platform: Platform, name: str) -> None:
    before = names(platform)
    addresses = [node.address for node in platform.site.control_plane]
    with platform.fault(name):
        assert [listens(address, CLOSED[name]) for address in addresses] == [True, True, False]
        assert listens(platform.site.vip, API)
        assert listens(platform.site.vip, HTTPS)
    assert [listens(address, CLOSED[name]) for address in addresses] == [True, True, True]
    await_healthy(platform.api, platform.site)
    assert names(platform) == before
    assert unlike_healthy(platform) == []


def test_a_node_stops_and_comes_back(platform: Platform) -> None:
    before = names(platform)
    with platform.fault("node-not-ready"):
        nodes = platform.api.items("/api/v1/nodes")
        states = [
            state["status"] for node in nodes for state in node["status"]["conditions"] if state["type"] == "Ready"
        ]
        assert sorted(states) == ["True", "True", "Unknown"]
    await_healthy(platform.api, platform.site)
    assert names(platform) == before
