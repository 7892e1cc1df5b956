"""Filling two API servers with the same objects, as a mirror leaves them: the same bytes in both stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.postinstall.filling import Filler, name_of, renamed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.control_plane import ApiServer

NAMESPACE, OBJECT = "project-00000", "settings-000000000"
NAMESPACES = 100
_KIND = "configmaps"
_LABELS = {f"cpaas.io/label-{number}": f"value-{number}" for number in range(6)}


def fill(planes: Sequence[ApiServer], objects: int, missing: int) -> None:
    """Let both hold the same objects, but for some that the last one lacks.

    Args:
        planes: the primary and the standby.
        objects: how many ConfigMaps there are to be in all.
        missing: how many of them the standby does not get; they lie evenly among the others.
    """
    first = planes[0]
    first.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, _object()])
    filler = Filler(first)
    namespace = filler.stored(f"/registry/namespaces/{NAMESPACE}")
    stored = filler.stored(f"/registry/{_KIND}/{NAMESPACE}/{OBJECT}")
    for plane in planes:
        left_out = max(1, objects // missing) if missing and plane is planes[-1] else 0
        own = Filler(plane)
        own.store(_namespaces(namespace))
        own.store(_objects(stored, objects, left_out))


def _object() -> dict[str, Any]:
    metadata = {"name": OBJECT, "namespace": NAMESPACE, "labels": _LABELS}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"settings.yaml": "x" * 400}}


def _namespaces(stored: bytes) -> Iterator[tuple[str, bytes]]:
    for number in range(NAMESPACES):
        name = name_of(NAMESPACE, number)
        yield f"/registry/namespaces/{name}", renamed(stored, {NAMESPACE: number}, number, "1")


def _objects(stored: bytes, objects: int, left_out: int) -> Iterator[tuple[str, bytes]]:
    for number in range(objects):
        if left_out and number % left_out == left_out - 1:
            continue
        place = number % NAMESPACES
        key = f"/registry/{_KIND}/{name_of(NAMESPACE, place)}/{name_of(OBJECT, number)}"
        yield key, renamed(stored, {NAMESPACE: place, OBJECT: number}, number, "2")
