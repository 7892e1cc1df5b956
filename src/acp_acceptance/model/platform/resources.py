"""The platform's own resources that say how it is (acp-resources, other health resources)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.conditions import Condition, condition, conditions_of
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault

_OWN_LABELS = "cpaas.io/"
MODULE_NAME, MODULE_CLUSTER = "cpaas.io/module-name", "cpaas.io/cluster-name"
_TITLES = ("cpaas.io/module-name", "cpaas.io/display-name")
_MOST_COMPONENTS = 200


@dataclass(frozen=True)
class Component:
    """An AppRelease, as a ClusterModule reports it."""

    name: str
    healthy: bool
    said: str = ""


@dataclass(frozen=True)
class Resource:
    """One object; what its kind does not have, or it does not say, is empty.

    Attributes:
        kind: of the object (``ProductBase``).
        name: its name, with its namespace where it has one; of a ModuleInfo, the cluster's and the module's.
        phase: of its status.
        version: of its status.
        wanted_version: of its specification.
        deployed, running: ``deployStatus`` and ``runningStatus`` of its base.
        said: its status' reason and message.
        generation, observed: of its specification, and the one its status is about.
        conditions: of its status.
        components: what it consists of.
        labels: those of the platform.
        title: as the web console shows it, in its languages.
        there: it exists; what must exist and does not is judged, too.
    """

    kind: str
    name: str
    phase: str = ""
    version: str = ""
    wanted_version: str = ""
    deployed: str = ""
    running: str = ""
    said: str = ""
    generation: int | None = None
    observed: int | None = None
    conditions: tuple[Condition, ...] = ()
    components: tuple[Component, ...] = ()
    labels: Mapping[str, str] | None = None
    title: str = ""
    there: bool = True


@dataclass(frozen=True)
class Resources:
    """All objects of one kind, by name."""

    items: Mapping[str, Resource]
    missing: str = ""


@dataclass(frozen=True)
class ResourceKind:
    """A kind that says how the platform is.

    Attributes:
        fact: name of the fact that holds its objects.
        must: name of the object that must be there; empty where any will do.
    """

    fact: str
    must: str = ""


KINDS = {
    "ProductBase": ResourceKind("product_bases", "base"),
    "ClusterModule": ResourceKind("cluster_modules", "global"),
    "ModuleInfo": ResourceKind("module_infos"),
    "Cluster": ResourceKind("clusters", "global"),
    "Machine": ResourceKind("machines"),
    "ClusterVersionShadow": ResourceKind("version_shadows", "cpaas-system/global"),
}
"""The kinds, by name."""


class ResourceReader:
    """Reads the listing of one kind.

    Args:
        kind: one of :data:`KINDS`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._items: dict[str, Resource] = {}

    def take(self, found: Mapping[str, Any]) -> None:
        """Take one object; where two have the same labels, the object's own name is added."""
        item = observe(self._kind, found)
        own = raw.name_of(found)
        self._items[f"{item.name} ({own})" if item.name in self._items and item.name != own else item.name] = item

    def result(self, missing: str) -> Resources:
        """Give the fact."""
        return Resources(self._items, missing)


def observe(kind: str, found: Mapping[str, Any]) -> Resource:
    """Read one object. What it may hold beside its state (passwords of machines, settings of modules) is not read."""
    labels = {
        str(name)[:200]: printable(value, limit=100)
        for name, value in list(raw.mapping(found, "metadata", "labels").items())[:200]
        if isinstance(value, str) and str(name).startswith(_OWN_LABELS)
    }
    reason, message = raw.text(found, "status", "reason"), raw.text(found, "status", "message")
    base_reason = raw.text(found, "status", "base", "reason")
    base_message = raw.text(found, "status", "base", "message")
    return Resource(
        kind=kind,
        name=_name(kind, found, labels),
        phase=raw.text(found, "status", "phase"),
        version=raw.text(found, "status", "version"),
        wanted_version=raw.text(found, "spec", "version"),
        deployed=raw.text(found, "status", "base", "deployStatus"),
        running=raw.text(found, "status", "base", "runningStatus"),
        said=": ".join(filter(None, (reason, message, base_reason, base_message))),
        generation=raw.number(found, "metadata", "generation"),
        observed=raw.number(found, "status", "observedGeneration"),
        conditions=conditions_of(found),
        components=_components(raw.mapping(found, "status", "appReleases")),
        labels=labels,
        title=" ".join(filter(None, (raw.text(found, "metadata", "annotations", name) for name in _TITLES))),
    )


def _name(kind: str, found: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Give the name that people know: a ModuleInfo's own can be a hash."""
    module, cluster = labels.get(MODULE_NAME), labels.get(MODULE_CLUSTER)
    return f"{cluster}/{module}" if kind == "ModuleInfo" and module and cluster else raw.name_of(found)


def _components(found: Mapping[str, Any]) -> tuple[Component, ...]:
    return tuple(
        Component(
            printable(str(name), limit=200),
            healthy=(
                raw.flag(item, "failed") is not True
                and raw.flag(item, "ready") is True
                and raw.flag(item, "synced") is True
            ),
            said=": ".join(filter(None, (raw.text(item, "reason"), raw.text(item, "message")))),
        )
        for name, item in list(found.items())[:_MOST_COMPONENTS]
    )


def absent(kind: str) -> Resource:
    """Give what stands for the object of a kind that must be there, and is not."""
    return Resource(kind, KINDS[kind].must, there=False)


def unhealthy(item: Resource) -> Iterator[Fault]:
    """Give what is not as in a healthy platform: the name of the sentence that says it, and its values."""
    if not item.there:
        yield "none", {"kind": item.kind, "name": item.name or "(any)"}
    elif item.kind == "ProductBase":
        yield from _phase(item) if item.phase else ()
        # Only the older version of the resource has a base; one of both must say how it is.
        yield from _base(item) if item.deployed or item.running or not item.phase else ()
    elif item.kind == "ClusterModule":
        yield from _base(item)
        yield from _unhealthy_components(item)
    elif item.kind == "ClusterVersionShadow":
        yield from _conditions(item)
    else:
        yield from _phase(item)
        yield from _version(item) if item.kind == "ModuleInfo" else ()


def _phase(item: Resource) -> Iterator[Fault]:
    if item.phase != "Running":
        yield "phase", {"phase": item.phase or "(not said)", "said": item.said or "-"}


def _base(item: Resource) -> Iterator[Fault]:
    for sentence, value, wanted in (("deployed", item.deployed, "Completed"), ("running", item.running, "Healthy")):
        if value != wanted:
            yield sentence, {"value": value or "(not said)", "said": item.said or "-"}


def _unhealthy_components(item: Resource) -> Iterator[Fault]:
    for component in item.components:
        if not component.healthy:
            yield "component", {"name": component.name, "said": component.said or "-"}


def _version(item: Resource) -> Iterator[Fault]:
    if not item.version or item.version != item.wanted_version:
        yield "version", {"version": item.version or "(not said)", "wanted": item.wanted_version or "(not said)"}


_SHADOW = {"PreflightReady": "True", "Ready": "True", "Reconciling": "False", "Stalled": "False"}


def _conditions(item: Resource) -> Iterator[Fault]:
    if item.observed is not None and item.observed != item.generation:
        yield "reconciling", {"observed": item.observed, "generation": item.generation}
    for kind, wanted in _SHADOW.items():
        found = condition(item.conditions, kind)
        if found is None or found.status != wanted:
            said = f"{found.reason}: {found.message}" if found else "-"
            status = found.status if found else ""
            yield "condition", {"type": kind, "status": status or "(not said)", "wanted": wanted, "said": said}


def modules_named(found: Resources, names: list[str], title: str, cluster: str = "global") -> list[Resource]:
    """Give the modules of a cluster that have one of some names, or a title that holds some words."""
    return [
        item
        for item in found.items.values()
        if item.labels
        and item.labels.get(MODULE_CLUSTER) == cluster
        and (item.labels.get(MODULE_NAME) in names or title.lower() in item.title.lower())
    ]


def labels_of(found: Resources, name: str) -> Mapping[str, str]:
    """Give the platform's labels of an object.

    Raises:
        CollectionError: the object is not there.
    """
    item = found.items.get(name)
    if item is None:
        raise CollectionError(
            f"there is no object {name}" + (f"; {found.missing}" if found.missing else ""), kind="absent"
        )
    return item.labels or {}
