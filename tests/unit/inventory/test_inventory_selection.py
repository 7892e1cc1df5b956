"""The choice of nodes by name, group, cluster and glob."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acp_acceptance.inventory import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.inventory import Inventory


@pytest.fixture
def inventory(load: Callable[..., Inventory]) -> Inventory:
    """Give a pair of clusters."""
    return load("""
        all:
          vars:
            acp:
              release: "4.2"
              topology: multi_cluster
              clusters: {east: {role: primary}, west: {role: standby}}
        east: {hosts: {'east-cp-[1:3]': , east-worker-1: }}
        west: {hosts: {'west-cp-[1:3]': , '2001:db8::1': }}
        control_plane: {hosts: {'east-cp-[1:3]': , 'west-cp-[1:3]': }}
        worker: {hosts: {east-worker-1: , '2001:db8::1': }}
    """)


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["east-cp-1"], ["east-cp-1"]),
        (["west-cp-1", "east-cp-1"], ["east-cp-1", "west-cp-1"]),  # in the inventory's order
        (["east-cp-1", "east-cp-1", " east-cp-1 "], ["east-cp-1"]),
        (["worker"], ["east-worker-1", "2001:db8::1"]),
        (["east"], ["east-cp-1", "east-cp-2", "east-cp-3", "east-worker-1"]),
        (["*-cp-1"], ["east-cp-1", "west-cp-1"]),
        (["east-cp-[12]"], ["east-cp-1", "east-cp-2"]),
        (["east-cp-[2:3]"], ["east-cp-2", "east-cp-3"]),
        (["2001:db8::1"], ["2001:db8::1"]),
        (["east", "!control_plane"], ["east-worker-1"]),
        (["!control_plane", "east"], ["east-worker-1"]),
        (["all", "!east", "!worker"], ["west-cp-1", "west-cp-2", "west-cp-3"]),
        (["!west", "!east-cp-*"], ["east-worker-1"]),
    ],
)
def test_patterns_choose_nodes(inventory: Inventory, patterns: list[str], names: list[str]) -> None:
    assert [node.name for node in inventory.select(patterns)] == names


def test_all_is_every_node(inventory: Inventory) -> None:
    assert inventory.select(["all"]) == inventory.nodes


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (["east-cp-9"], '"east-cp-9" is no node, group or cluster of '),
        (["east-cp1"], "; did you mean east-cp-1"),
        (["wroker"], "; did you mean worker?"),
        (["nobody*"], "; there are: all, east, west, control_plane, worker, east-cp-1"),
        (["east", "nobody"], '"nobody" is no node'),
        (["all", "!nobody"], '"nobody" is no node'),
        (["East"], "did you mean east"),
        (["east-cp-[2:4]"], '"east-cp-4" is no node'),
        ([""], "no host is named; write all, or some of: east, west"),
        ([], "no host is named"),
        (["east", "!east"], '"east,!east" leaves no node; take an exclusion (!) out'),
    ],
)
def test_a_pattern_that_chooses_nothing_is_a_usage_error(inventory: Inventory, patterns: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        inventory.select(patterns)
    assert said in str(caught.value)


def test_many_names_are_shortened(load: Callable[..., Inventory]) -> None:
    inventory = load("""
        all: {vars: {acp: {release: "4.2", topology: multi_cluster}}}
        worker: {hosts: {'w-[1:2000]': }}
    """)
    with pytest.raises(UsageError, match=r"worker, w-1, .* and 1990 more$"):
        inventory.select(["nobody"])


def test_a_node_is_found_by_its_name(inventory: Inventory) -> None:
    assert inventory.node("east-cp-1").name == "east-cp-1"
    with pytest.raises(UsageError, match="did you mean east-cp-1"):
        inventory.node("east-cp1")
