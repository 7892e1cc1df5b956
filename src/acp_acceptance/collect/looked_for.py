"""What the probe looks for on a node: whatever any release asks, so that a snapshot can be judged by each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.model.services import UNITS
from acp_acceptance.requirements.values import possible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.inventory import Inventory
    from acp_acceptance.requirements.catalogue import Catalogue

_LISTS = ("programs", "paths", "binary_names", "binary_folders", "folders")
"""Values of requirements that name something to look for on a node; ``folders`` are those whose space is needed."""


def looked_for(catalogue: Catalogue, inventory: Inventory) -> dict[str, str]:
    """Give the probe's lists: name to words."""
    found: dict[str, dict[str, None]] = {name: {} for name in _LISTS}
    for release in catalogue.releases.values():
        for values in release.requirements.values():
            for name in _LISTS:
                found[name].update(dict.fromkeys(_words(values.get(name))))
    found["folders"][inventory.site.package.folder] = None
    return {"units": " ".join(UNITS), **{name: " ".join(words) for name, words in found.items()}}


def _words(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever YAML holds
    for item in possible(value):
        # A mapping's keys, or a list's items; a requirement without this list gives nothing.
        yield from map(str, item or ())
