"""What a node is told of its peers, and what of its answer is kept."""

from __future__ import annotations

from acp_acceptance.collect.mesh import Told
from acp_acceptance.model.mesh import Reach, Way, Ways
from recorded import healthy

TOLD = Told(
    {"tries": "...", "ways": "...", "names": ""},
    {"b": ("tcp/6443", "udp/6081"), "c": ("tcp/6443",), "d": ("tcp/6443",)},
    [("b", "cluster"), ("c", "cluster"), ("d", "cluster")],
    1500,
    3,
    [0, 1],
)


def test_what_a_node_was_asked_for_and_does_not_say_is_not_known() -> None:
    reach = Reach({"0": {"open": ("tcp/6443",)}, "2": {"open": ("tcp/22",)}, "17": {"no-answer": ("tcp/6443",)}})
    found = healthy("a", reach=reach, ways=Ways((Way("0", 0.2, 0, passes=True), Way("x", 99.0, 0, passes=False))))
    facts = TOLD.named(found)
    assert facts["reach"] == Reach(
        {
            "b": {"open": ("tcp/6443",), "unknown": ("udp/6081",)},
            "c": {"unknown": ("tcp/6443",)},
            "d": {"unknown": ("tcp/6443",)},
        },
        3,
    )
    # The last one has no address, so nothing was sent there.
    assert facts["ways"] == Ways(
        (
            Way("b", 0.2, 1500, passes=True, scope="cluster"),
            Way("c", None, 1500, passes=None, scope="cluster"),
        )
    )


def test_sections_that_were_not_asked_for_give_no_facts() -> None:
    alone = Told({"tries": "", "ways": "", "names": "acp.example"}, {}, [], 1500, 0, [])
    assert set(alone.named(healthy("a", reach=Reach({}), ways=Ways(())))) <= {"resolved"}
