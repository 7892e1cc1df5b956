"""Waivers: failures that the owner of a site has accepted, until a day and for a reason."""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from acp_acceptance.inventory.document import Block, parse_document, read_text
from acp_acceptance.inventory.errors import Problems, WaiversError
from acp_acceptance.inventory.nodes import Frozen
from acp_acceptance.inventory.validation import BlockValidator
from acp_acceptance.inventory.wording import shown
from acp_acceptance.inventory.yaml_nodes import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _day(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"{shown(value)} is no day; write one as 2026-12-31")


def _requirement_id(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    if isinstance(value, str) and not re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", value):
        raise ValueError(
            f"{shown(value)} is no requirement's id; write one such as preflight.kernel.swap, without * or ?"
        )
    return value


class _Terms(Frozen):
    requirement: Annotated[str, BeforeValidator(_requirement_id)] = Field(examples=["preflight.kernel.swap"])
    targets: str = Field(default="*", min_length=1, examples=['"cp-*"'])
    reason: str = Field(min_length=1, examples=["swap goes with the next maintenance window"])
    owner: str = Field(min_length=1, examples=["j.doe@example.com"])
    expires: Annotated[date, BeforeValidator(_day)] = Field(examples=["2026-12-31"])


class Waiver(_Terms):
    """One waiver.

    Attributes:
        requirement: the id of the requirement that may fail.
        targets: glob of the targets' names.
        reason: why it may.
        owner: who answers for it.
        expires: the last day, in UTC, on which it is in force.
        index: its place in the file, from 0.
        file: the file it stands in.
        line: the line there.
    """

    index: int
    file: str
    line: int


class WaiverState(str, Enum):
    """Whether a failure is waived."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    NONE = "none"


class Match(Frozen):
    """What the waivers say of one failure.

    Attributes:
        state: whether it is waived.
        waiver: the waiver that says so; None where there is none.
    """

    state: WaiverState
    waiver: Waiver | None = None


class Waivers(Frozen):
    """The waivers of a file, in its order."""

    entries: tuple[Waiver, ...] = ()

    def find(self, requirement_id: str, target: str, today: date) -> Match:
        """Find what is said of a failure: the first waiver in force, else the one that expired last.

        Args:
            requirement_id: the requirement that failed.
            target: name of the target that failed it.
            today: the day, in UTC.
        """
        fitting = [
            waiver
            for waiver in self.entries
            if waiver.requirement == requirement_id and fnmatchcase(target, waiver.targets)
        ]
        for waiver in fitting:
            if today <= waiver.expires:
                return Match(state=WaiverState.IN_FORCE, waiver=waiver)
        if fitting:
            return Match(state=WaiverState.EXPIRED, waiver=max(fitting, key=lambda waiver: waiver.expires))
        return Match(state=WaiverState.NONE)

    def ids(self) -> frozenset[str]:
        """Give the ids of all requirements that are named."""
        return frozenset(waiver.requirement for waiver in self.entries)


def load_waivers(path: Path) -> Waivers:
    """Read a file of waivers: a YAML list, each with requirement, targets, reason, owner and expires.

    Raises:
        WaiversError: the file cannot be used; it holds every problem that was found.
    """
    problems = Problems(str(path), WaiversError)
    root = parse_document(read_text(path, problems), problems)
    if root is None or (isinstance(root, Scalar) and root.is_null):
        return Waivers()
    if not isinstance(root, Sequence):
        problems.stop(root.line, "", "holds no list; write each waiver as - requirement: ID, with its keys below")
    waivers = tuple(_read(root, path, problems))
    _refuse_doubles(waivers, problems)
    problems.raise_if_any()
    return Waivers(entries=waivers)


def _read(root: Sequence, path: Path, problems: Problems) -> Iterator[Waiver]:
    block = Block(problems)
    for index, node in enumerate(root.items):
        key = f"[{index}]"
        data, lines = block.data(node, key)
        terms = BlockValidator(key, data, lines, problems).make(_Terms)
        if terms is not None:
            yield Waiver(**terms.model_dump(), index=index, file=str(path), line=node.line)


def _refuse_doubles(waivers: tuple[Waiver, ...], problems: Problems) -> None:
    first: dict[tuple[str, str], Waiver] = {}
    for waiver in waivers:
        other = first.setdefault((waiver.requirement, waiver.targets), waiver)
        if other is not waiver:
            problems.add(
                waiver.line,
                f"[{waiver.index}]",
                f"waives {waiver.requirement} for {shown(waiver.targets)} again, as line {other.line} does; keep one",
            )
