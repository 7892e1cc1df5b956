from __future__ import annotations

from typing import Any

import pytest

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.requirements.conditions import Truth, UnknownDimensionError, judge, matches
from acp_acceptance.requirements.values import NoValueError, choose


def unmeasured() -> str:
    raise CollectionError("not measured")


DIMENSIONS: dict[str, Any] = {
    "os": lambda: "rhel",
    "kernel": lambda: "4.18.0",
    "role": lambda: frozenset({"control_plane", "worker"}),
    "managed": lambda: 20,
    "machine": unmeasured,
    "minimum": lambda: None,
    "raised": lambda: 20,
}


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ({}, Truth.HOLDS),
        ({"os": "rhel"}, Truth.HOLDS),
        ({"os": "ubuntu"}, Truth.FAILS),
        ({"os": ["ubuntu", "rhel"]}, Truth.HOLDS),
        ({"os": {"not": "rhel"}}, Truth.FAILS),
        ({"os": {"not": ["ubuntu", "kylin"]}}, Truth.HOLDS),
        ({"role": "worker"}, Truth.HOLDS),
        ({"kernel": {"below": "4.18.0"}}, Truth.FAILS),
        ({"kernel": {"below": "4.19.0"}}, Truth.HOLDS),
        ({"kernel": {"at_least": "4.18", "at_most": "4.18.0"}}, Truth.HOLDS),
        ({"managed": {"at_most": 10}}, Truth.FAILS),
        ({"machine": "x86_64"}, Truth.UNKNOWN),
        ({"machine": "x86_64", "os": "ubuntu"}, Truth.FAILS),
        ({"os": "rhel", "machine": "x86_64"}, Truth.UNKNOWN),
        ({"any": [{"os": "ubuntu"}, {"managed": 20}]}, Truth.HOLDS),
        ({"any": [{"os": "ubuntu"}, {"machine": "x86_64"}]}, Truth.UNKNOWN),
        ({"any": [{"os": "ubuntu"}, {"os": "kylin"}]}, Truth.FAILS),
    ],
)
def test_a_condition_is_judged_with_three_values(condition: dict[str, Any], truth: Truth) -> None:
    assert judge(condition, DIMENSIONS).truth is truth


def test_a_condition_that_does_not_hold_says_what_is_instead() -> None:
    assert judge({"os": "ubuntu"}, DIMENSIONS).reason == "os is rhel"


def test_a_condition_on_nothing_known_is_a_fault_of_the_data() -> None:
    with pytest.raises(UnknownDimensionError, match="no dimension 'colour'"):
        judge({"colour": "red"}, DIMENSIONS)


def test_versions_are_compared_number_by_number() -> None:
    assert matches("4.18.0-372.9.1.el8.x86_64", {"at_least": "4.18.0-80"})
    assert not matches("8.10", {"at_most": "8.6"})


RULES = {"rules": [{"when": {"os": "ubuntu"}, "value": 1}, {"when": {"role": "worker"}, "value": 2}, {"value": 3}]}


def test_the_first_rule_that_holds_decides() -> None:
    assert choose({"n": RULES}, DIMENSIONS) == {"n": 2}


def test_constants_stay_as_they_are() -> None:
    assert choose({"n": 5, "l": ["a"]}, DIMENSIONS) == {"n": 5, "l": ["a"]}


def test_the_inventory_can_raise_a_value_and_not_lower_it() -> None:
    assert choose({"n": {**RULES, "raised_by": "raised"}}, DIMENSIONS) == {"n": 20}
    assert choose({"n": {**RULES, "raised_by": "minimum"}}, DIMENSIONS) == {"n": 2}
    assert choose({"n": {"rules": [{"value": 99}], "raised_by": "raised"}}, DIMENSIONS) == {"n": 99}


def test_rules_without_one_that_holds_ask_nothing() -> None:
    with pytest.raises(NoValueError, match="os is rhel"):
        choose({"n": {"rules": [{"when": {"os": "ubuntu"}, "value": 1}]}}, DIMENSIONS)
    assert choose({"n": {"rules": [], "otherwise": None}}, DIMENSIONS) == {"n": None}


def test_a_rule_on_what_was_not_measured_cannot_be_chosen() -> None:
    with pytest.raises(CollectionError):
        choose({"n": {"rules": [{"when": {"machine": "x86_64"}, "value": 1}, {"value": 2}]}}, DIMENSIONS)


def test_a_union_takes_all_rules_that_hold_and_expands_ranges() -> None:
    union = {
        "union": [
            {"value": [1, "10-12"]},
            {"when": {"os": "rhel"}, "value": [12, 20]},
            {"when": {"os": "x"}, "value": [9]},
        ]
    }
    assert choose({"ports": union}, DIMENSIONS) == {"ports": [1, 10, 11, 12, 20]}
