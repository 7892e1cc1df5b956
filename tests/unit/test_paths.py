"""Whom a bad path between two nodes is charged to."""

from __future__ import annotations

from typing import Any

import pytest

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.mesh import Reach, Way, Ways, parse_reach, parse_ways
from acp_acceptance.model.network import Listener, Listeners
from acp_acceptance.model.paths import Mesh, elsewhere
from acp_acceptance.model.sections import Part, Section
from recorded import healthy

LIMITS = {"cluster_and_network": 10.0}


def mesh(tries: dict[tuple[str, str], str], names: str = "abc", **changed: Any) -> Mesh:
    """Make a mesh in which every path is open but those named; ``tries`` is outcome by source and destination."""
    nodes = {}
    for name in names:
        outcomes = {other: {tries.get((name, other), "refused"): ("tcp/6443",)} for other in names if other != name}
        nodes[name] = healthy(name, reach=Reach(outcomes, len(names) - 1), **changed)
    return Mesh(nodes)


def blamed(found: Mesh, names: str = "abc") -> set[str]:
    return {name for name in names if found.filtered(name)}


def test_open_and_refused_paths_are_nobodys_fault() -> None:
    assert blamed(mesh({("a", "b"): "open"})) == set()


@pytest.mark.parametrize("outcome", ["no-answer", "prohibited", "unreachable"])
def test_a_node_that_lets_nobody_in_is_to_blame_itself(outcome: str) -> None:
    assert blamed(mesh({("a", "b"): outcome, ("c", "b"): outcome})) == {"b"}


def test_a_node_that_gets_nowhere_is_to_blame_itself() -> None:
    assert blamed(mesh({("b", "a"): "no-answer", ("b", "c"): "no-answer"})) == {"b"}


def test_a_single_bad_path_is_charged_to_both_ends() -> None:
    assert blamed(mesh({("a", "b"): "no-answer"})) == {"a", "b"}


def test_a_node_that_nobody_could_try_is_not_measured() -> None:
    nodes = {"a": healthy("a", reach=Reach({"b": {"refused": ("tcp/1",)}}, 1)), "b": healthy("b")}
    with pytest.raises(CollectionError, match="no other node could try"):
        Mesh(nodes).filtered("a")


def test_silence_of_a_port_that_something_holds_proves_nothing() -> None:
    held = Listeners((Listener("udp", "*", 6081, ""),))
    nodes = {
        name: healthy(name, listeners=held, reach=Reach({other: {"no-answer": ("udp/6081",)}}, 1))
        for name, other in ("ab", "ba")
    }
    with pytest.raises(CollectionError, match="udp/6081 of"):
        Mesh(nodes).filtered("a")
    free = {name: healthy(name, reach=Reach({other: {"no-answer": ("udp/6081",)}}, 1)) for name, other in ("ab", "ba")}
    assert Mesh(free).filtered("a")


def test_no_answer_to_a_node_that_is_too_busy_says_nothing_of_it() -> None:
    found = mesh({("a", "b"): "busy"})
    with pytest.raises(CollectionError, match="wait for a processor of a: no answer from b") as raised:
        found.filtered("a")
    assert raised.value.kind == "busy"
    # The third one tried b, and was calm.
    assert found.filtered("b") == found.filtered("c") == []


def test_a_node_that_only_busy_ones_tried_is_not_measured() -> None:
    with pytest.raises(CollectionError, match="wait for a processor of a"):
        mesh({("a", "b"): "busy"}, "ab").filtered("b")


def ways(times: dict[str, float | None], *, passes: bool | None = True) -> Ways:
    return Ways(
        tuple(Way(peer, time, 1500, passes=passes, scope="cluster_and_network") for peer, time in times.items())
    )


def test_a_distant_node_is_slow_and_its_peers_are_not() -> None:
    nodes = {
        "a": healthy("a", ways=ways({"b": 40.0, "c": 0.2})),
        "b": healthy("b", ways=ways({"a": 40.0, "c": 41.0})),
        "c": healthy("c", ways=ways({"a": 0.2, "b": 40.0})),
    }
    found = Mesh(nodes)
    assert {name for name in nodes if found.slow(name, LIMITS)} == {"b"}
    assert found.slow("b", LIMITS)[0][1]["limit"] == 10.0


def test_a_peer_that_does_not_answer_leaves_the_round_trip_unknown() -> None:
    nodes = {"a": healthy("a", ways=ways({"b": None}, passes=None)), "b": healthy("b", ways=ways({"a": 0.1}))}
    with pytest.raises(CollectionError, match="did not answer ping"):
        Mesh(nodes).slow("a", LIMITS)
    with pytest.raises(CollectionError, match="cannot be told"):
        Mesh(nodes).narrow("a")


def test_narrow_paths_are_charged_like_slow_ones() -> None:
    nodes = {
        "a": healthy("a", ways=Ways((Way("b", 0.1, 1500, passes=False), Way("c", 0.1, 1500, passes=True)))),
        "b": healthy("b", ways=Ways((Way("a", 0.1, 1500, passes=False), Way("c", 0.1, 1500, passes=False)))),
        "c": healthy("c", ways=Ways((Way("a", 0.1, 1500, passes=True), Way("b", 0.1, 1500, passes=False)))),
    }
    found = Mesh(nodes)
    assert {name for name in nodes if found.narrow(name)} == {"b"}


def test_names_that_lead_elsewhere_or_nowhere_are_told() -> None:
    found = {"acp.example": ["10.0.0.9"], "other.example": [], "right.example": ["10.0.0.1"]}
    assert [sentence for sentence, _ in elsewhere(found, ["10.0.0.1"])] == ["elsewhere", "unresolved"]


def section(name: str, text: str, *absent: str) -> Section:
    return Section("x", {name: Part(0, text)}, frozenset(absent))


def test_tries_are_read_with_what_bash_said() -> None:
    text = (
        "try 0 tcp 443 bash: connect: Connection refused bash: /dev/tcp/10.0.0.2/443: Connection refused end 1 "
        "try 0 tcp 6443 end 0 try 0 tcp 2379 bash: connect: No route to host end 1 try 0 udp 6081 end 142\n"
        "try 1 tcp 443 bash: connect: Network is unreachable end 1 try 1 tcp 2379\n"
    )
    found = parse_reach(section("tries", text))
    assert dict(found.outcomes("0")) == {
        "tcp/443": "refused",
        "tcp/6443": "open",
        "tcp/2379": "prohibited",
        "udp/6081": "no-answer",
    }
    assert dict(found.outcomes("1")) == {"tcp/443": "unreachable", "tcp/2379": "no-answer"}
    again = parse_reach(section("tries", "try 0 tcp 443\ntry 0 tcp 443 bash: connect: Connection refused end 1\n"))
    assert dict(again.outcomes("0")) == {"tcp/443": "refused"}
    busy = parse_reach(section("tries", "try 0 tcp 443 end 0 try 0 tcp 2379\ntry 0 tcp 2379 busy\n"))
    assert dict(busy.outcomes("0")) == {"tcp/443": "open", "tcp/2379": "busy"}
    with pytest.raises(CollectionError, match="bash is needed"):
        parse_reach(Section("x", {}, frozenset({"bash"})))


PING = (
    "PING 10.0.0.2 (10.0.0.2) 1472(1500) bytes of data. --- 10.0.0.2 ping statistics --- 3 packets transmitted, "
    "3 received, 0% packet loss, time 402ms rtt min/avg/max/mdev = 0.045/0.060/0.071/0.010 ms"
)
LOST = "PING 10.0.0.3 --- 10.0.0.3 ping statistics --- 3 packets transmitted, 0 received, 100% packet loss"


def test_pings_are_read_with_and_without_an_answer() -> None:
    text = f"way 0 0 {PING}\nway 1 1 {LOST}\nsmall 1 0 {PING}\nway 2 1 {LOST}\nsmall 2 1 {LOST}\n"
    found = {way.peer: (way.milliseconds, way.passes) for way in parse_ways(section("ping", text)).ways}
    assert found == {"0": (0.045, True), "1": (0.045, False), "2": (None, None)}


def test_a_ping_that_does_not_know_the_option_cannot_tell_the_size() -> None:
    text = f"way 0 1 ping: invalid option -- 'M' Usage: ping [OPTIONS] HOST\nsmall 0 0 {PING}\n"
    (way,) = parse_ways(section("ping", text)).ways
    assert (way.milliseconds, way.passes) == (0.045, None)
