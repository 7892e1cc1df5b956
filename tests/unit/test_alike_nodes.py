"""Thousands of nodes have most things alike: what they print alike is kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.collect.node_facts import FactMaker
from acp_acceptance.collect.process import Conversation

if TYPE_CHECKING:
    from acp_acceptance.model.node import NodeFacts


def facts_of(name: str, hosts: str, maker: FactMaker) -> NodeFacts:
    said = [
        "say hello 1",
        "say rights root",
        "section hosts",
        f"part hosts\n{hosts}",
        "done hosts 0",
        "end hosts 0",
        "section hostname",
        f"part hostname\n{name}",
        "done hostname 0",
        "part at-boot\n",
        "done at-boot 0",
        "end hostname 0",
        "say complete",
    ]
    stdout = "".join(f"\nacp-n {line}\n" for line in said)
    return maker.facts(name, "root@node", "acp-n", Conversation(stdout=stdout.encode(), greeted=1.0))


def test_what_nodes_print_alike_is_one_fact() -> None:
    maker = FactMaker()
    first = facts_of("cp-1", "127.0.0.1 localhost\n", maker)
    second = facts_of("cp-2", "127.0.0.1 localhost\n", maker)
    assert first.hosts is second.hosts
    assert (first.hostname.name, second.hostname.name) == ("cp-1", "cp-2")


def test_what_differs_is_not() -> None:
    maker = FactMaker()
    first = facts_of("cp-1", "127.0.0.1 localhost\n", maker)
    second = facts_of("cp-2", "127.0.0.2 localhost\n", maker)
    assert first.hosts != second.hosts
