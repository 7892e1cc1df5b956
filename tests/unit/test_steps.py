"""Steps beyond listings: none costs another, and none lasts for ever."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.steps import STEPS, Subject, look_further
from acp_acceptance.collect.side_by_side import Step
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.platform import PlatformFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.inventory import Cluster, Inventory


def subject(deadline: float = 5) -> Subject:
    """A subject of which these steps use nothing but the deadline."""
    nothing = cast("Any", None)
    return Subject(
        cast("Inventory", nothing),
        cast("Cluster", nothing),
        cast("Api", nothing),
        deadline,
        PlatformFacts("c", {}),
        nothing,
    )


def gives(**facts: object) -> Step[Subject]:
    return Step(tuple(facts), lambda _: facts)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ApiError("forbidden", "no right"), Problem("forbidden", "no right")),
        (CollectionError("it is not said", kind="unsaid"), Problem("unsaid", "it is not said")),
        (KeyError("\x1b[31m"), Problem("unreadable", "it could not be read (KeyError: '\\x1b[31m')")),
    ],
)
def test_a_step_that_fails_costs_its_own_facts_only(error: Exception, problem: Problem) -> None:
    def fail(_: Subject) -> Mapping[str, object]:
        raise error

    found = look_further(subject(), (Step(("a", "b"), fail), gives(c=1)))
    assert found == {"a": problem, "b": problem, "c": 1}


def test_a_step_that_hangs_is_left_behind() -> None:
    released = threading.Event()

    def hang(_: Subject) -> Mapping[str, object]:
        released.wait(30)
        return {"a": 1}

    try:
        found = look_further(subject(0.2), (Step(("a",), hang), gives(b=2)))
    finally:
        released.set()
    assert found["b"] == 2
    assert found["a"].kind == "deadline"


def test_a_step_that_only_adds_to_what_is_known_takes_nothing_away() -> None:
    def fail(_: Subject) -> Mapping[str, object]:
        raise ApiError("forbidden", "no right")

    assert look_further(subject(), (Step((), fail),)) == {}
    assert look_further(subject(), (Step((), lambda _: {"pods": 5}),)) == {"pods": 5}


def test_all_facts_of_steps_are_declared() -> None:
    assert {name for step in STEPS for name in step.facts} <= set(PlatformFacts.declared())
