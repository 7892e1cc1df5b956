"""What the image repositories of both sides hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class RegistryContents:
    """A registry.

    Attributes:
        address: at which it was asked.
        repositories: repository to its tags.
    """

    address: str
    repositories: Mapping[str, tuple[str, ...]]


def not_copied(primary: RegistryContents, standby: RegistryContents) -> Iterator[Fault]:
    """Give what the primary's registry holds and the standby's does not.

    Raises:
        CollectionError: the primary's holds nothing, which no platform's does.
    """
    if not primary.repositories:
        raise CollectionError(
            f"the registry {primary.address} names no repository, so that nothing can be compared", kind="no-peer"
        )
    missing = sorted(primary.repositories.keys() - standby.repositories.keys())
    if missing:
        yield "repositories", {"count": len(missing), "of": len(primary.repositories), "names": missing}
    tags = [
        f"{name}:{tag}"
        for name, found in sorted(primary.repositories.items())
        if name in standby.repositories
        for tag in sorted(set(found) - set(standby.repositories[name]))
    ]
    if tags:
        yield "tags", {"count": len(tags), "names": tags}
