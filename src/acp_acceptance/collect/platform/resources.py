"""What is listed through the API: a table of facts, the collections they are made of, and their readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.platform import appreleases, pods

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.model.platform.listing import Reader


@dataclass(frozen=True)
class Listing:
    """One fact that is made of one or more collections.

    Attributes:
        fact: its name in :class:`~acp_acceptance.model.platform.PlatformFacts`.
        reader: makes a reader; it is given the objects of all paths in turn.
        paths: of the collections.
        waited: the fact changes while a cluster settles, and is read again while that is waited for.
        absent: what it means where the server does not know the collection, for people.
    """

    fact: str
    reader: Callable[[], Reader[Any]]
    paths: tuple[str, ...]
    waited: bool = False
    absent: str = ""


NO_PLATFORM = "the server knows no AppReleases (appreleases.operator.alauda.io): is this a cluster of the platform?"

LISTINGS = (
    Listing(
        "appreleases",
        appreleases.reader,
        ("/apis/operator.alauda.io/v1alpha1/appreleases",),
        waited=True,
        absent=NO_PLATFORM,
    ),
    Listing("pods", pods.PodReader, ("/api/v1/pods",), waited=True),
)


def read(api: Api, listing: Listing) -> object:
    """Read one fact; gives it, or the :class:`Problem` in its place. What was read before an error is kept."""
    reader = listing.reader()
    seen = 0
    missing = ""
    try:
        for path in listing.paths:
            for found in api.items(path):
                reader.take(found)
                seen += 1
    except ApiError as error:
        reason = listing.absent if error.kind == "absent" and listing.absent else error.reason
        if not seen:
            return Problem(error.kind, reason)
        missing = f"after {seen} objects: {reason}"
    return reader.result(missing)
