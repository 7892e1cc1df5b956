"""What was listed through the API: whole, or only so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msgspec import Raw

T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Makes a fact of raw objects, which it is given one by one and does not keep."""

    def take(self, raw: Mapping[str, Any]) -> None:
        """Take one object of the listing."""

    def result(self, missing: str) -> T_co:
        """Give the fact; ``missing`` says why the listing is not whole, and is empty where it is."""


@runtime_checkable
class SkimmingReader(Reader[T_co], Protocol[T_co]):
    """A reader that need not be given every object: a glance at its JSON shows that there is nothing to keep."""

    def skim(self, content: bytes | Raw) -> bool:
        """Take note of an object that needs no more than a glance; ``False`` where it is to be taken whole."""
        ...


class Partial(Protocol):
    """A fact that says whether its listing is whole.

    Attributes:
        missing: why it is not; empty where it is.
    """

    @property
    def missing(self) -> str: ...  # noqa: D102 - said above


def require_whole(listing: Partial) -> None:
    """Make sure that everything was listed: what was not seen may be at fault.

    Raises:
        CollectionError: it was not; what was seen before is judged all the same.
    """
    if listing.missing:
        raise CollectionError(f"not everything could be listed: {listing.missing}", kind="incomplete")


class ByName(Generic[T_co]):
    """Reader of a listing in which each object is kept by its name.

    Args:
        observe: makes the typed form of one raw object.
        make: makes the fact of all of them, and of what is missing.
        name: gives an object's name.
    """

    def __init__(
        self,
        observe: Callable[[Mapping[str, Any]], Any],
        make: Callable[[dict[str, Any], str], T_co],
        name: Callable[[Mapping[str, Any]], str],
    ) -> None:
        self._observe, self._make, self._name = observe, make, name
        self._items: dict[str, Any] = {}

    def take(self, raw: Mapping[str, Any]) -> None:
        """Keep one object."""
        self._items[self._name(raw)] = self._observe(raw)

    def result(self, missing: str) -> T_co:
        """Give the fact."""
        return self._make(self._items, missing)


class Chosen(Generic[T_co]):
    """Reader of a listing of which only some objects are kept, such as those that are not well.

    Args:
        observe: gives the typed form of one raw object, or ``None`` where it is only counted.
        make: makes the fact of how many there are, those that are kept, how many more were left out, and what is
            missing.
        most: how many are kept.
    """

    def __init__(
        self,
        observe: Callable[[Mapping[str, Any]], Any],
        make: Callable[[int, tuple[Any, ...], int, str], T_co],
        most: int = 500,
    ) -> None:
        self._observe, self._make, self._most = observe, make, most
        self._total, self._more = 0, 0
        self._kept: list[Any] = []

    def take(self, raw: Mapping[str, Any]) -> None:
        """Count one object, and keep it where it is one of those."""
        self._total += 1
        found = self._observe(raw)
        if found is not None and len(self._kept) < self._most:
            self._kept.append(found)
        elif found is not None:
            self._more += 1

    def result(self, missing: str) -> T_co:
        """Give the fact."""
        return self._make(self._total, tuple(self._kept), self._more, missing)
