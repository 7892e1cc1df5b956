from __future__ import annotations

from random import Random

import pytest

from acp_acceptance.model.between import Peers
from acp_acceptance.model.identity import Clock, Identity
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.network import Hostname
from recorded import healthy


def peers(*offsets: float, error: float = 0.01) -> Peers:
    return Peers(
        (f"n{number}", healthy(f"n{number}", clock=Clock(offset, error))) for number, offset in enumerate(offsets)
    )


@pytest.mark.parametrize(
    "offsets", [(0.0, 0.1, -0.1, 60.0), (0.0, 0.1, -0.1, 0.05, 60.0), (0.0, 0.0, 60.0), (0.0, 0.0, 0.0, -60.0)]
)
def test_one_wrong_clock_is_blamed_and_no_other(offsets: tuple[float, ...]) -> None:
    nodes = peers(*offsets)
    agree = [nodes.clock_difference(node).at_most(10) for node in nodes]
    assert agree == [*([True] * (len(offsets) - 1)), False]


@pytest.mark.parametrize("seed", range(200))
def test_no_difference_between_two_clocks_goes_without_a_culprit(seed: int) -> None:
    random = Random(seed)
    nodes = peers(*(random.uniform(-12, 12) for _ in range(random.randint(2, 7))), error=0.0)
    offsets = [facts.clock.offset for facts in nodes.values()]
    agree = all(nodes.clock_difference(node).at_most(10) for node in nodes)
    assert agree == (max(offsets) - min(offsets) <= 10)


def test_of_two_clocks_that_differ_both_are_blamed() -> None:
    nodes = peers(0.0, 60.0)
    assert [nodes.clock_difference(node).at_most(10) for node in nodes] == [False, False]


def test_two_clocks_on_either_side_of_the_median_do_not_hide_each_other() -> None:
    nodes = peers(-9.0, 0.0, 9.0)
    assert not all(nodes.clock_difference(node).at_most(10) for node in nodes)


def test_a_measurement_too_coarse_to_tell_is_no_pass() -> None:
    nodes = peers(0.0, 9.5, error=0.5)
    with pytest.raises(CollectionError, match="too coarse"):
        nodes.clock_difference("n1").at_most(10)


def test_a_peer_that_was_not_measured_is_left_out() -> None:
    nodes = peers(0.0, 0.1)
    nodes["dead"] = healthy("dead", clock=Problem("unreachable", "the node could not be reached"))
    assert nodes.clock_difference("n0").at_most(1)
    alone = Peers(n0=nodes["n0"], dead=nodes["dead"])
    with pytest.raises(CollectionError, match="nothing to compare"):
        alone.clock_difference("n0")


def test_shared_identities_name_the_other_node() -> None:
    nodes = Peers(
        a=healthy("a", identity=Identity("same", "uuid", frozenset({"52:54:00:00:00:01"}))),
        b=healthy("b", identity=Identity("same", "uuid", frozenset({"52:54:00:00:00:01"})), hostname=Hostname("a")),
        c=healthy("c", identity=Identity(None, None, frozenset())),
    )
    assert list(map(str, nodes.shared_identities("a"))) == [
        "hostname with b",
        "machine-id with b",
        "product_uuid with b",
        "MAC address with b",
    ]
    assert nodes.shared_identities("c") == []
