"""Keys of etcd as Kubernetes writes them, and many of them in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "/registry/"
_RENAMED = {
    "minions": "nodes",
    "ingress": "ingresses",
    "controllers": "replicationcontrollers",
    "services/specs": "services",
    "services/endpoints": "endpoints",
}
"""Names under which old kinds are stored, and the ones by which people know them."""

_SHOWN_NAMES = 5
_SHOWN_GROUPS = 500


@dataclass(frozen=True)
class ObjectName:
    """An object, as its key names it.

    Attributes:
        resource: plural of its kind (``configmaps``).
        group: its API group; empty for kinds of Kubernetes itself, whose keys have none.
        namespace: empty for an object outside of namespaces.
        name: its name.
    """

    resource: str
    group: str
    namespace: str
    name: str

    @property
    def kind(self) -> str:
        """The kind as kubectl takes it (``appreleases.operator.alauda.io``)."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def place(self) -> str:
        """Namespace and name, for people."""
        return printable(f"{self.namespace}/{self.name}" if self.namespace else self.name)

    @property
    def text(self) -> str:
        """One text for the whole, for comparing: without the group, which keys of Kubernetes' own kinds do not have."""
        return f"{self.resource} {self.namespace}/{self.name}"


def object_of(key: str) -> ObjectName | None:
    """Read a key; ``None`` where it is none of an object that Kubernetes stores.

    A key is ``/registry/[group/]resource/[namespace/]name``; only groups have a dot in them.

    >>> object_of("/registry/platform.tkestack.io/clusters/global").kind
    'clusters.platform.tkestack.io'
    """
    path = key.removeprefix(PREFIX)
    parts = path.split("/")
    if path == key or not all(parts):
        return None
    group = parts.pop(0) if "." in parts[0] else ""
    resource = parts.pop(0) if parts else ""
    if resource == "services" and len(parts) > 1 and parts[0] in {"specs", "endpoints"}:
        resource = f"services/{parts.pop(0)}"
    if not resource or len(parts) not in {1, 2}:
        return None
    return ObjectName(_RENAMED.get(resource, resource), group, parts[0] if len(parts) == 2 else "", parts[-1])  # noqa: PLR2004 - namespace and name


class KeySet:
    """Many texts, each kept as eight bytes: a million take eight megabytes.

    Two texts are taken for one with a probability of one in 10**7 among a million.
    """

    def __init__(self) -> None:
        self._numbers = array("Q")
        self._sorted = True

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, text: str) -> None:
        """Add one."""
        self._numbers.append(_number(text))
        self._sorted = False

    def __contains__(self, text: object) -> bool:
        return self._has(_number(str(text)))

    def count_outside(self, others: Sequence[KeySet]) -> int:
        """Give how many are in none of some others."""
        return sum(not any(other._has(number) for other in others) for number in self._numbers)  # noqa: SLF001 - its own

    def _has(self, number: int) -> bool:
        if not self._sorted:
            self._numbers = array("Q", sorted(self._numbers))
            self._sorted = True
        place = bisect_left(self._numbers, number)
        return place < len(self._numbers) and self._numbers[place] == number


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


@dataclass(frozen=True)
class KeyGroup:
    """Objects of one kind in one namespace.

    Attributes:
        kind: as kubectl takes it.
        namespace: empty for objects outside of namespaces.
        count: how many.
        names: of the first few.
    """

    kind: str
    namespace: str
    count: int
    names: tuple[str, ...]

    @property
    def place(self) -> str:
        """The namespace, for people."""
        return self.namespace or "-"


@dataclass
class Grouping:
    """Gathers objects by namespace and kind; what it holds does not grow with how many there are.

    Attributes:
        total: how many objects there were.
        groups: namespace and kind to how many, and the names of the first few.
    """

    total: int = 0
    groups: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = field(default_factory=dict)

    def add(self, kind: str, namespace: str, name: str) -> None:
        """Count one object."""
        self.total += 1
        place = (namespace, kind)
        count, names = self.groups.get(place, (0, ()))
        if not count and len(self.groups) >= _SHOWN_GROUPS:
            return
        if count < _SHOWN_NAMES:
            names = (*names, printable(name, limit=253))
        self.groups[place] = (count + 1, names)

    def result(self) -> tuple[KeyGroup, ...]:
        """Give the groups, in the order of namespaces and kinds; at most 500 of them."""
        return tuple(
            KeyGroup(printable(kind, limit=253), printable(namespace, limit=253), count, names)
            for (namespace, kind), (count, names) in sorted(self.groups.items())
        )
