"""The VIP: as planned, as seen from here, and in a subnet with the nodes."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.knocking import knock
from acp_acceptance.model.layout import ClusterLayout, PlannedNetworks, PlannedNode, PlannedPackage
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.runner_view import Knock, RunnerView
from acp_acceptance.model.vip import (
    forbidden_self_built,
    held,
    misplanned,
    occupied,
    outside_subnet,
    require_vrid,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.fault import Fault

LAYOUT = ClusterLayout(
    nodes=tuple(
        PlannedNode(f"cp-{n}", f"192.0.2.{n}", control_plane=True, worker=False, installer=n == 1) for n in (1, 2)
    ),
    networks=PlannedNetworks(),
    package=PlannedPackage("/root/cpaas-install"),
    vip="192.0.2.10",
)
NEAR = {"cp-1": [ip_interface("192.0.2.1/24")], "cp-2": [ip_interface("10.0.0.1/8"), ip_interface("192.0.2.2/24")]}


def sentences(faults: Iterable[Fault]) -> list[str]:
    return [sentence for sentence, _ in faults]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"vip": None}, ["unnamed"]),
        ({"vip": "192.0.2.2"}, ["of_node"]),
        ({"workload_clusters_elsewhere": True}, ["external_unnamed"]),
        ({"workload_clusters_elsewhere": True, "external_ip": "198.51.100.1"}, []),
        ({"self_built_vip": True, "vrid": 0}, ["vrid"]),
        ({"self_built_vip": True, "vrid": 256}, ["vrid"]),
        ({"self_built_vip": True, "vrid": 255}, []),
        ({"vrid": 256}, []),
    ],
)
def test_what_the_inventory_says_of_the_vip(changes: dict[str, Any], found: list[str]) -> None:
    assert sentences(misplanned(replace(LAYOUT, **changes), [1, 255], node_allowed=False)) == found


def test_a_single_node_may_stand_for_the_vip() -> None:
    alone = replace(LAYOUT, vip="192.0.2.1")
    assert sentences(misplanned(alone, [1, 255], node_allowed=True)) == []
    assert sentences(held(alone, NEAR, node_allowed=True)) == []


def test_a_vip_on_an_interface_is_a_node_s_own() -> None:
    assert sentences(held(replace(LAYOUT, vip="10.0.0.1"), NEAR, node_allowed=False)) == ["of_node"]
    assert sentences(held(LAYOUT, NEAR, node_allowed=False)) == []


def test_a_vrid_that_is_not_said_is_not_measured() -> None:
    require_vrid(LAYOUT)
    with pytest.raises(CollectionError, match=r"self_built_vip\.vrid"):
        require_vrid(replace(LAYOUT, self_built_vip=True))


def test_a_self_built_vip_shares_a_subnet_with_the_control_plane() -> None:
    layout = replace(LAYOUT, self_built_vip=True)
    assert sentences(outside_subnet(layout, NEAR)) == []
    assert sentences(outside_subnet(replace(layout, vip="192.0.3.10"), NEAR)) == ["subnet", "subnet"]
    assert sentences(outside_subnet(replace(LAYOUT, vip="192.0.3.10"), {})) == []
    with pytest.raises(CollectionError, match="its interfaces were not measured"):
        sentences(outside_subnet(layout, {"cp-1": NEAR["cp-1"]}))


def test_what_a_self_built_vip_does_not_go_with() -> None:
    layout = replace(LAYOUT, cluster_endpoint="acp.example.com", platform_address="192.0.2.10")
    assert sentences(forbidden_self_built(layout, ["domain"])) == ["domain"]
    assert sentences(forbidden_self_built(layout, ["recovery"])) == ["recovery"]
    assert sentences(forbidden_self_built(replace(layout, cluster_endpoint="[2001:db8::1]"), ["domain"])) == []


def seen(*states: tuple[int, str, str]) -> RunnerView:
    return RunnerView(tuple(Knock("192.0.2.10", port, state, said) for port, state, said in states))


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ([(22, "silent", ""), (6443, "silent", "")], []),
        ([(22, "refused", ""), (6443, "unreachable", "")], []),
        ([(22, "refused", ""), (443, "open", "")], []),
        ([(22, "open", "SSH-2.0-OpenSSH_8.0")], ["ssh"]),
        ([(22, "no-route", ""), (443, "open", "SSH-2.0-x")], ["ssh"]),
    ],
)
def test_what_answers_at_the_vip(states: list[tuple[int, str, str]], found: list[str]) -> None:
    assert sentences(occupied(LAYOUT, seen(*states), node_allowed=False)) == found


@pytest.mark.parametrize("state", ["no-route", "unresolved", "failed"])
def test_a_vip_of_which_nothing_was_learnt_is_not_measured(state: str) -> None:
    with pytest.raises(CollectionError, match=r"192\.0\.2\.10"):
        sentences(occupied(LAYOUT, seen((22, state, ""), (443, state, "")), node_allowed=False))
    with pytest.raises(CollectionError, match="nothing was connected to"):
        sentences(occupied(LAYOUT, RunnerView(()), node_allowed=False))


@contextmanager
def server(said: bytes) -> Iterator[int]:
    """Listen on a port of this machine, and say something to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_real_servers_and_ports_are_told_apart() -> None:
    with socket.socket() as bound:
        # Bound, and nobody listens.
        bound.bind(("127.0.0.1", 0))
        closed = bound.getsockname()[1]
        with server(b"SSH-2.0-\x1b[2Jtest\r\n") as port:
            view = knock({"a": [("127.0.0.1", port), ("127.0.0.1", closed)], "b": [("no.such.name.invalid", 1)]})
    assert view["a"].port("127.0.0.1", port) == Knock("127.0.0.1", port, "open", "SSH-2.0-\\x1b[2Jtest")
    assert view["a"].port("127.0.0.1", closed).state == "refused"
    with pytest.raises(CollectionError, match=r"cannot resolve no\.such\.name\.invalid"):
        view["b"].at("no.such.name.invalid")
    with pytest.raises(CollectionError, match=r"port 7 of 127\.0\.0\.1 was not tried"):
        view["a"].port("127.0.0.1", 7)
