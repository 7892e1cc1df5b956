"""Reading settings of a cluster from where the release's data says that it keeps them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.said import Reading, Said
from acp_acceptance.model.text import printable
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.pair.subjects import Side

_MOST_VALUES = 50


@dataclass(frozen=True)
class Kept:
    """Where a setting is kept.

    Attributes:
        name: of the setting.
        object: path of the object in the API, or of a collection that holds it.
        labels: selector of the only such object in the collection; empty where ``object`` is the object's own path.
        field: way to the value in it, its parts joined by dots; lists on the way give a value for each item.
        secret: the value is a secret: only a mark of it is kept.
        encoded: it is in base64, as in a Secret.
    """

    name: str
    object: str
    field: str
    labels: str = ""
    secret: bool = False
    encoded: bool = False

    def __str__(self) -> str:
        """Say it for people."""
        return f"{self.field} of {self.object}" + (f" with {self.labels}" if self.labels else "")


def kept_by(release: str) -> dict[str, Kept]:
    """Give where a release keeps its settings, as its data assumes: all ``said`` of its requirements."""
    owed = load_catalogue().releases[release].requirements
    return {name: Kept(name, **where) for values in owed.values() for name, where in values.get("said", {}).items()}


def said(side: Side) -> dict[str, object]:
    """Read all settings; one that cannot be read costs no other."""
    objects: dict[tuple[str, str], Any] = {}
    found = {}
    # So that one reason stands for all where the API is not reached.
    _ = side.api
    for name, kept in kept_by(side.inventory.site.release).items():
        try:
            values = read(side, kept, objects)
        except (ApiError, CollectionError) as error:
            found[name] = Reading(problem=str(error))
            continue
        shown = (side.seal.mark(value) if value else "" for value in values) if kept.secret else map(printable, values)
        found[name] = Reading(tuple(shown))
    return {"said": Said(found)}


def read(side: Side, kept: Kept, objects: dict[tuple[str, str], Any] | None = None) -> tuple[str, ...]:
    """Give the values of one setting, as they are: a secret must go no further than its mark.

    Args:
        side: the cluster.
        kept: where.
        objects: those that were read already.

    Raises:
        ApiError: the object could not be read.
        CollectionError: it has no such field; says where the assumption stands.
    """
    known = {} if objects is None else objects
    key = kept.object, kept.labels
    if key not in known:
        known[key] = _object(side, kept)
    if isinstance(known[key], (ApiError, CollectionError)):
        raise known[key]
    found = _at(known[key], kept.field.split("."))
    if found is None:
        raise CollectionError(
            f"{side.cluster.name} has no {kept}; where this release keeps {kept.name} is assumed "
            "(requirements/releases/dr), so correct it there if it is elsewhere",
            kind="absent",
        )
    return tuple(_decoded(value, kept) for value in found)


def _object(side: Side, kept: Kept) -> Any:  # noqa: ANN401 - a JSON object, or the error in its place
    try:
        if not kept.labels:
            return side.api.get(kept.object)
        found = list(side.api.items(kept.object, labelSelector=kept.labels))
    except ApiError as error:
        if error.kind != "absent":
            return error
        found = []
    if len(found) != 1:
        many = f"{len(found)} objects" if found else "no object"
        return CollectionError(
            f"{side.cluster.name} has {many} {kept.object}{kept.labels and f' with {kept.labels}'}; where this "
            "release keeps it is assumed (requirements/releases/dr), so correct it there if it is elsewhere",
            kind="unclear",
        )
    return found[0]


def _at(found: object, way: list[str]) -> list[str] | None:
    """Give the values at the end of a way; ``None`` where it ends before, an empty list where there are none."""
    if isinstance(found, list):
        each = [_at(item, way) for item in found[:_MOST_VALUES]]
        known = [values for values in each if values is not None]
        return None if found and not known else [value for values in known for value in values]
    if way:
        return _at(found[way[0]], way[1:]) if isinstance(found, dict) and way[0] in found else None
    return [str(found)] if isinstance(found, (str, int)) and not isinstance(found, bool) else None


def _decoded(value: str, kept: Kept) -> str:
    if not kept.encoded:
        return value
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace").strip()
    except (binascii.Error, ValueError) as error:
        raise CollectionError(f"{kept} is not in base64", kind="unparsable") from error


def credentials(side: Side) -> Mapping[str, str]:
    """Give user and password of the image repository, for one request; they are kept nowhere.

    Raises:
        ApiError, CollectionError: they could not be read.
    """
    kept = kept_by(side.inventory.site.release)
    found = {name: read(side, kept[f"repository_{name}"]) for name in ("user", "password")}
    if not all(found.values()):
        raise CollectionError(
            f"{side.cluster.name} holds no user or no password of the image repository", kind="absent"
        )
    return {name: values[0] for name, values in found.items()}
