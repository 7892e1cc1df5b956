"""All objects of a healthy platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.platform.reader import reader
from lab.platform.resources import definitions, resources
from lab.platform.surroundings import surroundings
from lab.platform.workloads import workloads

if TYPE_CHECKING:
    from lab.platform.api import Object
    from lab.platform.site import Site

__all__ = ["definitions", "healthy"]


def healthy(site: Site) -> list[Object]:
    """Give all objects that a healthy platform has beside its CRDs, in an order in which they can be made."""
    return [*surroundings(site), *reader(), *workloads(site), *resources(site)]
