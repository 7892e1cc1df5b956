"""Waivers: who accepted what, until when."""

from __future__ import annotations

from datetime import date
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.inventory import Waivers, WaiversError, WaiverState, load_waivers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SWAP = "requirement: preflight.kernel.swap"
TERMS = "reason: known, owner: me@example.com, expires: 2026-12-31"


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Waivers]:
    """Load a text as the file ``waivers.yml``."""

    def load_text(text: str) -> Waivers:
        file = tmp_path / "waivers.yml"
        file.write_text(dedent(text))
        return load_waivers(file)

    return load_text


@pytest.fixture
def problems(load: Callable[[str], Waivers], tmp_path: Path) -> Callable[[str], list[str]]:
    """Load a text that must not load, and give its problems, each without the folder of the file."""

    def failing(text: str) -> list[str]:
        with pytest.raises(WaiversError) as caught:
            load(text)
        return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]

    return failing


def test_a_waiver_says_what_where_why_who_and_until_when(load: Callable[[str], Waivers], tmp_path: Path) -> None:
    waivers = load("""
        # agreed on 2026-11-20
        - requirement: preflight.kernel.transparent-hugepage
          targets: worker-*
          reason: databases need it
          owner: j.doe@example.com
          expires: 2026-12-31
        - requirement: preflight.kernel.swap
          reason: until the maintenance window
          owner: j.doe@example.com
          expires: "2027-01-31"
    """)
    first, second = waivers.entries
    assert (first.requirement, first.targets) == ("preflight.kernel.transparent-hugepage", "worker-*")
    assert (first.reason, first.owner, first.expires) == ("databases need it", "j.doe@example.com", date(2026, 12, 31))
    assert (first.index, first.file, first.line) == (0, str(tmp_path / "waivers.yml"), 3)
    assert (second.index, second.targets, second.line) == (1, "*", 8)
    assert waivers.ids() == {"preflight.kernel.transparent-hugepage", "preflight.kernel.swap"}


@pytest.mark.parametrize(
    ("requirement", "target", "day", "state"),
    [
        ("preflight.kernel.swap", "worker-1", date(2026, 12, 30), WaiverState.IN_FORCE),
        ("preflight.kernel.swap", "worker-1", date(2026, 12, 31), WaiverState.IN_FORCE),  # through its last day
        ("preflight.kernel.swap", "worker-1", date(2027, 1, 1), WaiverState.EXPIRED),
        ("preflight.kernel.swap", "cp-1", date(2026, 12, 30), WaiverState.NONE),
        ("preflight.kernel.swap", "WORKER-1", date(2026, 12, 30), WaiverState.NONE),
        ("preflight.kernel.selinux", "worker-1", date(2026, 12, 30), WaiverState.NONE),
    ],
)
def test_a_waiver_is_in_force_for_its_targets_through_its_last_day(
    load: Callable[[str], Waivers], requirement: str, target: str, day: date, state: WaiverState
) -> None:
    match = load(f"- {{{SWAP}, targets: worker-*, {TERMS}}}").find(requirement, target, day)
    assert match.state is state
    assert (match.waiver is None) == (state is WaiverState.NONE)


def test_of_several_waivers_one_in_force_counts_then_the_last_that_expired(load: Callable[[str], Waivers]) -> None:
    waivers = load(f"""
        - {{{SWAP}, targets: "*-1", reason: a, owner: me, expires: 2026-01-31}}
        - {{{SWAP}, targets: "w-*", reason: b, owner: me, expires: 2026-03-31}}
        - {{{SWAP}, reason: c, owner: me, expires: 2026-02-28}}
    """)

    def found(day: date) -> tuple[WaiverState, int | None]:
        match = waivers.find("preflight.kernel.swap", "w-1", day)
        return match.state, match.waiver.index if match.waiver else None

    assert found(date(2026, 1, 1)) == (WaiverState.IN_FORCE, 0)
    assert found(date(2026, 2, 1)) == (WaiverState.IN_FORCE, 1)
    assert found(date(2026, 5, 1)) == (WaiverState.EXPIRED, 1)


@pytest.mark.parametrize("text", ["", "# none yet\n", "[]\n"])
def test_a_file_may_hold_no_waivers(load: Callable[[str], Waivers], text: str) -> None:
    assert load(text) == Waivers()


def test_a_waiver_survives_json(load: Callable[[str], Waivers]) -> None:
    waivers = load(f"- {{{SWAP}, {TERMS}}}")
    assert Waivers.model_validate_json(waivers.model_dump_json()) == waivers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b", "waivers.yml:1: holds no list; write each waiver as - requirement: ID"),
        (f"- {SWAP}", "waivers.yml:1: [0].reason: is missing; write reason: "),
        (f"- {SWAP}", "waivers.yml:1: [0].owner: is missing; write owner: "),
        (f"- {SWAP}", "waivers.yml:1: [0].expires: is missing; write expires: 2026-12-31"),
        (f"- {{{TERMS}}}", "[0].requirement: is missing; write requirement: preflight.kernel.swap"),
        (f"- {{requirement: preflight.*, {TERMS}}}", '"preflight.*" is no requirement\'s id; write one such as'),
        (f"- {{{SWAP}, reason: '', owner: me, expires: 2026-12-31}}", "[0].reason: is empty; write reason: "),
        (f"- {{{SWAP}, reason: , owner: me, expires: 2026-12-31}}", "[0].reason: is missing"),
        (f"- {{{SWAP}, reason: a, owner: me, expires: 31.12.2026}}", '"31.12.2026" is no day; write one as 2026-12-31'),
        (f"- {{{SWAP}, reason: a, owner: me, expires: 2026-02-30}}", '"2026-02-30" is no day'),
        (f"- {{{SWAP}, reason: a, owner: me, expires: 1700000000}}", "is no day"),
        (f"- {{{SWAP}, {TERMS}, until: x}}", "[0].until: is no key that is known here"),
        (f"- {{{SWAP}, {TERMS}, target: x}}", "[0].target: is no key that is known here; did you mean targets?"),
        (f"- {{{SWAP}, {TERMS}, index: 3}}", "[0].index: is no key that is known here"),
        (f"- {{{SWAP}, {TERMS}}}\n- {{{SWAP}, {TERMS}}}", '[1]: waives preflight.kernel.swap for "*" again'),
        ("- swap", "waivers.yml:1: [0]: a single value stands here; write a mapping (key: value)"),
        (f"- {{{SWAP}, targets: *, {TERMS}}}", "write it in quotes"),
        (f"- {SWAP}\n  targets: *\n", "waivers.yml:2: a value that begins with * or & is quoted in YAML"),
        ("- a: 'b\n", "waivers.yml:1: a quote is opened here and never closed"),
    ],
)  # fmt: skip
def test_what_is_no_waiver_is_a_problem(problems: Callable[[str], list[str]], text: str, said: str) -> None:
    assert said in "\n".join(problems(text))
