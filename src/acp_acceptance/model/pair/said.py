"""What a cluster says of its own settings. Where it keeps them is an assumption that the release's data states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acp_acceptance.model.measurement import CollectionError


@dataclass(frozen=True)
class Reading:
    """One setting.

    Attributes:
        values: what is there, as text; of a secret, a mark in its place. Several where the field is a list.
        problem: why it could not be read.
    """

    values: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Said:
    """The settings of one cluster, by the names that the release's data gives them."""

    items: Mapping[str, Reading]

    def all(self, name: str) -> tuple[str, ...]:
        """Give the values of a setting.

        Raises:
            CollectionError: it could not be read.
        """
        found = self.items.get(name, Reading(problem=f"nobody says where {name} is kept"))
        if found.problem:
            raise CollectionError(found.problem)
        return found.values

    def one(self, name: str) -> str:
        """Give the value of a setting that has one.

        Raises:
            CollectionError: it could not be read, or has several.
        """
        values = self.all(name)
        if len(values) != 1:
            raise CollectionError(f"{name} has {len(values)} values, and one is expected", kind="unparsable")
        return values[0]
