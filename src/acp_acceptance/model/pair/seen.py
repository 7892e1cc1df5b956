"""What of an object's metadata tells whether two clusters hold the same object in the same state.

Under synchronisation the standby's etcd holds the primary's bytes. So these are equal on both sides:

- ``uid``: another one is another object of the same name, made on the standby, and not the primary's.
- ``generation``, ``labels``, ``annotations``, ``ownerReferences``, ``finalizers``, ``creationTimestamp``,
  ``deletionTimestamp``: they are stored with the object.
- ``managedFields``: who set which fields, and when last. For kinds without a generation (ConfigMap, Secret) they alone
  tell that the content changed, since their time moves with every changed value. Two changes of one manager within one
  second look alike; that is the finest the metadata can tell.

These are not: ``resourceVersion`` is the revision of the own etcd at which the key was written; ``selfLink`` is gone.
Entries of ``managedFields`` for a subresource (status) are left out: the standby's own controllers may write the status
of what they find, which says nothing of synchronisation.

Where only the content differs, the newer side is told by the newest time in ``managedFields``: a standby that is behind
holds something older than the primary; something newer was written on the standby itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

from acp_acceptance.model.platform import raw

if TYPE_CHECKING:
    from collections.abc import Mapping

Difference = Literal["missed", "surplus", "replaced", "stale", "changed"]
DIFFERENCES: tuple[Difference, ...] = ("missed", "surplus", "replaced", "stale", "changed")
"""Only on the primary, only on the standby, another object, older on the standby, written on the standby itself."""

_STORED = (
    "uid",
    "generation",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "creationTimestamp",
    "deletionTimestamp",
)


@dataclass(frozen=True)
class Seen:
    """The state of one object on one side at one time.

    Attributes:
        uid: which object it is.
        generation: of its specification; ``None`` for kinds without one.
        content: digest of all that is equal where the state is.
        written: newest time at which something other than a subresource was written; empty where nobody says.
    """

    uid: str
    generation: int | None
    content: str
    written: str


def observe(metadata: Mapping[str, Any]) -> Seen:
    """Give the state that an object's metadata shows."""
    fields = [entry for entry in raw.items(metadata, "managedFields") if not raw.at(entry, "subresource")]
    stored = [metadata.get(name) or None for name in _STORED]
    return Seen(
        uid=raw.text(metadata, "uid"),
        generation=raw.number(metadata, "generation"),
        content=blake2b(
            repr((_ordered(stored), _ordered(fields))).encode("utf-8", "replace"), digest_size=8
        ).hexdigest(),
        # All are UTC, in one form: their order is that of the texts.
        written=max((raw.text(entry, "time") for entry in fields), default=""),
    )


def _ordered(value: object) -> object:
    """Give JSON in a form in which equal values look equal: keys in order."""
    if isinstance(value, dict):
        return [(str(key), _ordered(value[key])) for key in sorted(value, key=str)]
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def difference(primary: Seen | None, standby: Seen | None) -> Difference | None:
    """Say how the sides differ in an object (``None`` for one that is not there); ``None`` where they do not."""
    if primary is None:
        return None if standby is None else "surplus"
    if standby is None:
        return "missed"
    if primary.uid != standby.uid:
        return "replaced"
    if primary.content == standby.content:
        return None
    before, after = (standby.generation or 0, standby.written), (primary.generation or 0, primary.written)
    return "changed" if before > after else "stale"


def same_metadata(primary: dict[str, Any], standby: dict[str, Any]) -> bool:
    """Tell quickly that two objects are alike, as nearly all are; what says no here is looked at more closely.

    Both lose what is never the same.
    """
    for metadata in (primary, standby):
        metadata.pop("resourceVersion", None)
    return primary == standby
