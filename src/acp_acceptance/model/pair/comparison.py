"""The suite's own comparison of both clusters' objects: pure parts of it, and what follows from its result.

Both sides are listed at slightly different moments while both go on changing. So what differs at first is only
suspected. It is looked at again some time later, the standby before the primary: where the primary still shows the
state it had at first, the standby has had all that time to follow, and a difference is one. Where the primary has
changed meanwhile, that says nothing yet, and the object is looked at once more; one that changes all the time counts as
a difference only if the standby never moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.keys import KeyGroup
from acp_acceptance.model.pair.seen import Difference, Seen, difference, observe, same_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from acp_acceptance.model.fault import Fault

    Entry = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Scope:
    """What is synchronised, as the release's data says it; patterns are those of a shell.

    Attributes:
        excluded_namespaces: names of namespaces that are not.
        own_kinds: kinds (``leases.coordination.k8s.io``) within namespaces that each cluster makes for itself.
        cluster_kinds: kinds outside of namespaces that are synchronised.
        own_objects: objects of synchronised kinds that each cluster has for itself (``configmaps/kube-root-ca.crt``).
    """

    excluded_namespaces: tuple[str, ...]
    own_kinds: tuple[str, ...]
    cluster_kinds: tuple[str, ...]
    own_objects: tuple[str, ...]

    def has_kind(self, kind: str, *, namespaced: bool) -> bool:
        """Tell whether objects of a kind are synchronised."""
        if namespaced:
            return not _matches(kind, self.own_kinds)
        return _matches(kind, self.cluster_kinds) and not _matches(kind, self.own_kinds)

    def has_object(self, kind: str, namespace: str, name: str) -> bool:
        """Tell whether an object of a synchronised kind is."""
        where = name if kind == "namespaces" else namespace
        return where not in self.excluded_namespaces and not _matches(f"{kind}/{name}", self.own_objects)


def _matches(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


class DisorderError(Exception):
    """A listing did not come in the order of its keys, without which two cannot be compared as they come."""


def suspected(
    primary: Iterable[Entry], standby: Iterable[Entry], counts: list[int]
) -> Iterator[tuple[str, Seen | None, Seen | None]]:
    """Compare two listings as they come, holding one object of each.

    Args:
        primary: key (``namespace/name``) and metadata of each object, in the order of the keys.
        standby: likewise.
        counts: of objects of both; is added to.

    Yields:
        Key and both states of what is not alike.

    Raises:
        DisorderError: one does not come in order.
    """
    mine, theirs = _ordered(primary, counts, 0), _ordered(standby, counts, 1)
    left, right = next(mine, None), next(theirs, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield left[0], observe(left[1]), None
            left = next(mine, None)
        elif left is None or right[0] < left[0]:
            yield right[0], None, observe(right[1])
            right = next(theirs, None)
        else:
            if not same_metadata(left[1], right[1]):
                before, after = observe(left[1]), observe(right[1])
                if difference(before, after):
                    yield left[0], before, after
            left, right = next(mine, None), next(theirs, None)


def _ordered(entries: Iterable[Entry], counts: list[int], side: int) -> Iterator[Entry]:
    last = ""
    for entry in entries:
        if entry[0] <= last:
            raise DisorderError(f"{entry[0]} came after {last}")
        last = entry[0]
        counts[side] += 1
        yield entry


@dataclass
class Suspect:
    """An object that was not alike when it was first seen.

    Attributes:
        primary, standby: its state on each side when it was last seen; ``None`` where it was not there.
        moved: the standby's state has changed since it was first seen.
        past: states that the primary has had.
    """

    primary: Seen | None
    standby: Seen | None
    moved: bool = False
    past: list[Seen | None] = field(default_factory=list)

    def again(self, primary: Seen | None, standby: Seen | None) -> Difference | str | None:
        """Look once more; the standby was read before the primary.

        Returns:
            The difference where it is certain; ``""`` where nothing is known yet; ``None`` where there is none.
        """
        self.past.append(self.primary)
        self.moved = self.moved or standby != self.standby
        steady = primary == self.primary
        self.primary, self.standby = primary, standby
        # A state that the primary had before: the standby follows, some way behind.
        found = difference(primary, standby)
        if found is None or (not steady and any(difference(state, standby) is None for state in self.past)):
            return None
        return found if steady else ""

    def at_last(self) -> Difference | None:
        """Judge what changed each time it was looked at: the standby follows if it moved at all."""
        return None if self.moved else difference(self.primary, self.standby)


@dataclass(frozen=True)
class DifferenceGroup:
    """Objects that differ in the same way, by kind and namespace."""

    difference: Difference
    group: KeyGroup


@dataclass(frozen=True)
class BesideMonitor:
    """Where the monitor and the suite do not say the same.

    Attributes:
        silent: objects that are missed or surplus by the suite's comparison, and not in the monitor's answer.
        silent_names: the first few of them.
        unconfirmed: objects in the monitor's answers, before and after the comparison, in which the suite finds no such
            difference.
        unconfirmed_names: the first few of them.
        unknown: why the monitor's answer could not be used; empty where it could.
    """

    silent: int = 0
    silent_names: tuple[str, ...] = ()
    unconfirmed: int = 0
    unconfirmed_names: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True)
class Comparison:
    """How both clusters compare.

    Attributes:
        kinds: how many kinds were compared.
        primary, standby: how many objects of each side.
        differences: certain ones, by how they differ, kind and namespace.
        totals: how many certain ones, by how they differ; more than in ``differences`` where there are very many.
        following: objects that differed at first, and then did not.
        unlisted: kinds that could not be compared, and why.
        monitor: where the monitor says something else; ``None`` where nothing was asked of it.
        seconds: that it took.
    """

    kinds: int
    primary: int
    standby: int
    differences: tuple[DifferenceGroup, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    following: int = 0
    unlisted: Mapping[str, str] = field(default_factory=dict)
    monitor: BesideMonitor | None = None
    seconds: float = 0.0

    def beside(self, monitor: BesideMonitor) -> Comparison:
        """Give the same, with where the monitor says something else."""
        return replace(self, monitor=monitor)


def unlike(comparison: Comparison, ways: Iterable[Difference]) -> Iterator[Fault]:
    """Give the objects in which the sides differ in some ways, by namespace and kind.

    Yields:
        The name of the sentence that says it, and its values.
    """
    for way in ways:
        shown = [item.group for item in comparison.differences if item.difference == way]
        for group in shown:
            yield (
                way,
                {"count": group.count, "kind": group.kind, "namespace": group.place, "names": list(group.names)},
            )
        more = comparison.totals.get(way, 0) - sum(group.count for group in shown)
        if more:
            yield "more", {"count": more, "difference": way}


def unsaid(comparison: Comparison) -> Iterator[Fault]:
    """Give what the monitor does not say though it is so."""
    if comparison.monitor is not None and comparison.monitor.silent:
        yield "silent", {"count": comparison.monitor.silent, "names": list(comparison.monitor.silent_names)}


def require_compared(comparison: Comparison) -> None:
    """Make sure that everything was compared.

    Raises:
        CollectionError: it was not; differences that were found are judged all the same.
    """
    if comparison.unlisted:
        kind, reason = next(iter(sorted(comparison.unlisted.items())))
        raise CollectionError(
            f"{len(comparison.unlisted)} kinds could not be compared, such as {kind}: {reason}", kind="incomplete"
        )
    if not comparison.primary:
        raise CollectionError(
            f"no object of the {comparison.kinds} kinds is in a namespace that is synchronised: nothing was compared",
            kind="empty",
        )
