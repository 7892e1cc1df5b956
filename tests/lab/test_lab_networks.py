"""Networks of labs: which addresses there are, and a lab that is larger than the usual."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from asking import ssh

from lab import NodeSpec, limits
from lab.networks import (
    MOST_NODES,
    USUAL_NODES,
    addresses_of,
    hardware_address,
    is_large,
    network_of,
    prefix_of,
)
from lab.programs import LabError
from labs import started

if TYPE_CHECKING:
    from pathlib import Path

USUAL, LARGE = (1, 17, 254), (256, 257, 271)


def test_networks_do_not_meet() -> None:
    networks = [network_of(number) for number in (*range(1, 255), *range(256, 272))]
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


@pytest.mark.parametrize(
    ("number", "most"), [*((one, USUAL_NODES) for one in USUAL), *((one, MOST_NODES) for one in LARGE)]
)
def test_every_node_has_an_address_that_could_be_nothing_else(number: int, most: int) -> None:
    network, addresses = network_of(number), addresses_of(number, most)
    assert len(set(addresses)) == len({hardware_address(address) for address in addresses}) == most
    assert all(IPv4Address(address) in network for address in addresses)
    assert not [address for address in addresses if address.rpartition(".")[2] in {"0", "255"}]
    # This machine's, and what the inventory gives as VIP.
    assert not {f"{prefix_of(number)}.1", f"{prefix_of(number)}.250"} & set(addresses)
    assert IPv4Address(f"{prefix_of(number)}.250") in network


def test_a_usual_network_is_as_it_was_before_there_were_large_ones() -> None:
    assert network_of(7) == IPv4Network("10.213.7.0/24")
    assert (prefix_of(7), addresses_of(7, 2), is_large(7)) == ("10.213.7", ["10.213.7.2", "10.213.7.3"], False)
    assert network_of(257) == IPv4Network("10.214.16.0/20")
    assert (prefix_of(257), addresses_of(257, 1), is_large(257)) == ("10.214.16", ["10.214.17.1"], True)


def test_a_lab_can_have_more_nodes_than_a_usual_network_holds() -> None:
    specs = [NodeSpec(f"n-{number}") for number in range(USUAL_NODES + 20)]
    with started(specs, "large") as lab:
        last = lab.nodes[specs[-1].name]
        assert IPv4Address(last.address) in IPv4Network(f"{lab.prefix}.0/20")
        # Another 256 addresses than the first node's, and past this machine.
        first = lab.nodes["n-0"].address
        assert first.rpartition(".")[0] != last.address.rpartition(".")[0]
        done = ssh(lab, last.spec.name, f"hostname; ping -c 1 -W 5 {first} >/dev/null && ip route show default")
        assert done.stdout.split() == ["n-259", "default", "via", f"{lab.prefix}.1", "dev", "eth0"]


def test_many_nodes_may_know_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_NEIGHBOURS", tmp_path)
    kept, most = tmp_path / "gc_thresh2", tmp_path / "gc_thresh3"
    kept.write_text("512\n")
    most.write_text("100000\n")
    limits.allow_neighbours(200)
    assert (kept.read_text(), most.read_text()) == ("12000", "100000\n")


def test_a_machine_whose_limits_cannot_be_raised_is_told_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.write_text", refuse)
    monkeypatch.setattr("pathlib.Path.read_text", lambda *_, **__: "128")
    with pytest.raises(LabError, match=r"sysctl fs\.inotify\.max_user_instances=8192"):
        limits.allow_watches()
