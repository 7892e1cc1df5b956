"""Listing the objects of a cluster by their metadata alone: which kinds there are, and the state of each object."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from acp_acceptance.collect.platform.api import METADATA_LIST
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.pair.seen import Seen, observe
from acp_acceptance.model.platform import raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from acp_acceptance.collect.platform.api import Api

_AT_ONCE = 8


@dataclass(frozen=True)
class Kind:
    """A kind as one cluster serves it.

    Attributes:
        name: as kubectl takes it (``appreleases.operator.alauda.io``).
        root: path of its group and version (``/apis/operator.alauda.io/v1alpha1``).
        plural: of its path.
        namespaced: its objects are in namespaces.
    """

    name: str
    root: str
    plural: str
    namespaced: bool

    @property
    def collection(self) -> str:
        """The path of all its objects."""
        return f"{self.root}/{self.plural}"

    def within(self, namespace: str) -> str:
        """Give the path of its objects in one namespace, or outside of any."""
        where = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced else ""
        return f"{self.root}{where}/{self.plural}"


@dataclass(frozen=True)
class Kinds:
    """The kinds of a cluster that are stored in its etcd.

    Attributes:
        items: by name.
        unknown: groups that could not be asked for theirs, and why.
    """

    items: dict[str, Kind]
    unknown: dict[str, str]


def kinds_of(api: Api) -> Kinds:
    """Ask a cluster for the kinds that it stores; what another server serves for it (metrics) is in another store.

    Raises:
        ApiError: it does not say.
    """
    foreign = set(_served_elsewhere(api))
    groups = [("", "/api/v1"), *(item for item in _groups(api) if item not in foreign)]
    found = Kinds({}, {})
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="kinds") as pool:
        # In the order of preference: the first version of a kind counts.
        for (group, root), result in zip(groups, pool.map(lambda item: _asked(api, item[1]), groups), strict=True):
            if isinstance(result, ApiError):
                found.unknown[root] = result.reason
                continue
            for kind in _stored(result, group, root):
                found.items.setdefault(kind.name, kind)
    return found


def _groups(api: Api) -> Iterator[tuple[str, str]]:
    for group in raw.items(api.get("/apis"), "groups"):
        name, preferred = raw.text(group, "name"), raw.text(group, "preferredVersion", "groupVersion")
        versions = [raw.text(item, "groupVersion") for item in raw.items(group, "versions")]
        for version in dict.fromkeys([preferred, *versions]):
            if version:
                yield name, f"/apis/{version}"


def _served_elsewhere(api: Api) -> Iterator[tuple[str, str]]:
    for item in api.items("/apis/apiregistration.k8s.io/v1/apiservices"):
        group = raw.text(item, "spec", "group")
        if raw.mapping(item, "spec", "service"):
            yield group, f"/apis/{group}/{raw.text(item, 'spec', 'version')}"


def _asked(api: Api, root: str) -> dict[str, Any] | ApiError:
    try:
        return api.get(root)
    except ApiError as error:
        return error


def _stored(document: dict[str, Any], group: str, root: str) -> Iterator[Kind]:
    for item in raw.items(document, "resources"):
        plural = raw.text(item, "name")
        verbs = raw.items(item, "verbs")
        if plural and "/" not in plural and "list" in verbs and "get" in verbs:
            name = f"{plural}.{group}" if group else plural
            yield Kind(name, root, plural, raw.flag(item, "namespaced") is True)


def metadata_of(
    api: Api, kind: Kind, without: Sequence[str] = (), within: str = ""
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List the objects of a kind in the order of their keys.

    Args:
        api: of the cluster.
        kind: as this cluster serves it.
        without: namespaces that are left out (or, of the kind Namespace, objects).
        within: the one namespace that is listed; empty for all.

    Yields:
        Namespace, name and metadata.

    Raises:
        ApiError: after what was given before.
    """
    field = "metadata.name" if kind.name == "namespaces" else "metadata.namespace"
    chosen = ",".join(f"{field}!={name}" for name in without) if kind.namespaced or kind.name == "namespaces" else ""
    query: dict[str, Any] = {"fieldSelector": chosen} if chosen else {}
    path = kind.within(within) if within else kind.collection
    for item in api.items(path, accept=METADATA_LIST, **query):
        metadata = item.get("metadata")
        if isinstance(metadata, dict):
            namespace, name = metadata.get("namespace"), metadata.get("name")
            if isinstance(name, str):
                yield namespace if isinstance(namespace, str) else "", name, metadata


def state_of(api: Api, kind: Kind | None, key: str) -> Seen | None:
    """Give the state of one object; ``None`` where it is not there, or its kind is not known.

    It is listed by its name: a right to get everything would be one to run commands in Pods, too.

    Args:
        api: of the cluster.
        kind: as this cluster serves it.
        key: of the object (``namespace/name``, or its name).

    Raises:
        ApiError: it could not be read.
    """
    if kind is None:
        return None
    namespace, _, name = key.rpartition("/")
    found = api.items(kind.within(namespace), accept=METADATA_LIST, fieldSelector=f"metadata.name={name}")
    return next((observe(raw.mapping(item, "metadata")) for item in found), None)
