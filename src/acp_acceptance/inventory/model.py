"""The inventory: the site and its nodes, and the choice of nodes by pattern."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from acp_acceptance.inventory.errors import UsageError
from acp_acceptance.inventory.nodes import Frozen, Node
from acp_acceptance.inventory.ranges import expanded, has_range
from acp_acceptance.inventory.site import Site  # noqa: TC001 - pydantic reads it
from acp_acceptance.inventory.wording import did_you_mean, listed, shown

if TYPE_CHECKING:
    from collections.abc import Sequence


class Inventory(Frozen):
    """The site and its nodes; it holds no secrets, and can be written as JSON and read again.

    Attributes:
        path: the file it was read from; None for plain hosts.
        site: the site.
        nodes: in the file's order; none where only a kubeconfig names the cluster.
    """

    path: str | None = None
    site: Site
    nodes: tuple[Node, ...]

    def node(self, name: str) -> Node:
        """Give one node by its name.

        Raises:
            UsageError: there is none of that name.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise self._nothing_matches(name)

    def select(self, patterns: Sequence[str]) -> tuple[Node, ...]:
        """Choose nodes, in the inventory's order.

        Args:
            patterns: names and globs of nodes, groups and clusters, ranges of names (``cp-[1:3]``), or ``all``;
                ``!`` before a pattern takes its nodes out again. Exclusions alone begin with all nodes.

        Raises:
            UsageError: a pattern matches nothing, or no node is left.
        """
        wanted = [pattern.strip() for pattern in patterns]
        if not any(wanted):
            raise UsageError(f"no host is named; write all, or some of: {listed(self._names())}")
        included = [pattern for pattern in wanted if not pattern.startswith("!")]
        chosen = set().union(*map(self._matching, included)) if included else {node.name for node in self.nodes}
        for pattern in wanted:
            if pattern.startswith("!"):
                chosen -= self._matching(pattern[1:])
        if not chosen:
            raise UsageError(f"{shown(','.join(wanted))} leaves no node; take an exclusion (!) out")
        return tuple(node for node in self.nodes if node.name in chosen)

    def _matching(self, pattern: str) -> set[str]:
        if pattern == "all":
            return {node.name for node in self.nodes}
        if has_range(pattern):
            try:
                names = expanded(pattern)
            except ValueError as error:
                raise UsageError(str(error)) from None
            # Each name of a range must be there: a part of a site is not to pass for the whole.
            return set().union(*map(self._matching, names))
        found = {
            node.name
            for node in self.nodes
            if any(fnmatchcase(name, pattern) for name in (node.name, node.cluster, *node.groups))
        }
        if not found:
            raise self._nothing_matches(pattern)
        return found

    def _nothing_matches(self, pattern: str) -> UsageError:
        names = self._names()
        return UsageError(
            f"{shown(pattern)} is no node, group or cluster of {self.path or 'the given hosts'}"
            f"{did_you_mean(pattern, names)}; there are: all, {listed(names)}"
        )

    def _names(self) -> list[str]:
        groups = {group for node in self.nodes for group in node.groups}
        return list(dict.fromkeys([*self.site.clusters, *sorted(groups), *(node.name for node in self.nodes)]))
