"""What users made in namespaces that are not synchronised, and which backups hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.keys import KeyGroup
from acp_acceptance.model.platform import raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class Backup:
    """A Backup of Velero (``backups.velero.io``) that came to its end.

    Attributes:
        name: its name.
        completed: when.
        namespaces: that it holds; ``*`` stands for all.
        without: those that it leaves out.
    """

    name: str
    completed: datetime
    namespaces: tuple[str, ...]
    without: tuple[str, ...] = ()

    def holds(self, namespace: str) -> bool:
        """Tell whether it holds a namespace."""
        chosen = not self.namespaces or any(fnmatchcase(namespace, item) for item in self.namespaces)
        return chosen and not any(fnmatchcase(namespace, item) for item in self.without)


@dataclass(frozen=True)
class UserObjects:
    """Objects that users made in namespaces that are not synchronised.

    Attributes:
        objects: how many there are in all in these namespaces.
        groups: those that users made, by namespace and kind.
        total: how many these are.
        backups: that came to their end.
        unlisted: what could not be listed, and why.
    """

    objects: int = 0
    groups: tuple[KeyGroup, ...] = ()
    total: int = 0
    backups: tuple[Backup, ...] = ()
    unlisted: Mapping[str, str] = field(default_factory=dict)


def made_by_user(metadata: Mapping[str, object], managers: Iterable[str], marks: Iterable[str]) -> bool:
    """Tell whether a user made an object, and not the platform or a controller.

    A user's tool signs the object's ``managedFields`` with its own name; the platform's web console marks what is made
    in it with annotations.

    Args:
        metadata: of the object.
        managers: names of users' tools, as patterns.
        marks: annotations of objects that were made in the web console.
    """
    if raw.items(metadata, "ownerReferences") or raw.at(metadata, "deletionTimestamp"):
        return False
    if any(raw.at(metadata, "annotations", mark) for mark in marks):
        return True
    # The one who made it stands first in time; who changed something later did not make it.
    entries = [item for item in raw.items(metadata, "managedFields") if not raw.at(item, "subresource")]
    first = min(entries, key=lambda item: raw.text(item, "time"), default=None)
    return first is not None and any(fnmatchcase(raw.text(first, "manager"), pattern) for pattern in managers)


def carries(metadata: Mapping[str, object], labels: Iterable[str]) -> bool:
    """Tell whether an object carries one of some labels.

    Args:
        metadata: of the object.
        labels: as ``name=value``.
    """
    wanted = (label.partition("=") for label in labels)
    return any(raw.at(metadata, "labels", name) == value for name, _, value in wanted)


def unsaved(found: UserObjects, taken: datetime, days: int) -> Iterator[Fault]:
    """Give what users made and no backup of the last ``days`` holds, by namespace and kind.

    Yields:
        The name of the sentence that says it, and its values.
    """
    recent = [backup for backup in found.backups if taken - backup.completed <= timedelta(days=days)]
    for group in found.groups:
        if not any(backup.holds(group.namespace) for backup in recent):
            yield (
                "unsaved",
                {"count": group.count, "kind": group.kind, "namespace": group.namespace, "names": list(group.names)},
            )
    more = found.total - sum(group.count for group in found.groups)
    if more:
        yield "more", {"count": more}


def require_listed(found: UserObjects) -> None:
    """Make sure that all namespaces were looked through.

    Raises:
        CollectionError: they were not.
    """
    if found.unlisted:
        what, reason = next(iter(sorted(found.unlisted.items())))
        raise CollectionError(
            f"{len(found.unlisted)} kinds could not be listed, such as {what}: {reason}", kind="incomplete"
        )
    if not found.objects:
        raise CollectionError("nothing at all was listed in the namespaces that are not synchronised", kind="empty")
