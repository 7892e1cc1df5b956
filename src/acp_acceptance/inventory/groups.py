"""Ansible's groups: who is in which, and which variables each node has, by Ansible's precedence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acp_acceptance.inventory.document import Block, Entry, joined, kind_of
from acp_acceptance.inventory.ranges import MOST_HOSTS, expanded, name_and_port
from acp_acceptance.inventory.variables import SITE_ELSEWHERE, Variable, used_variables
from acp_acceptance.inventory.wording import did_you_mean, near_misses, safe
from acp_acceptance.inventory.yaml_nodes import Mapping, Node, Scalar

if TYPE_CHECKING:
    from acp_acceptance.inventory.variables import Variables

ALL = "all"
_SECTIONS = ("hosts", "vars", "children")
_MOST_GROUPS = 10_000
_MOST_HOST_ENTRIES = 100_000
_DEEPEST_GROUP = 50
_TOO_MANY_GROUPS = "too many groups, or groups nested too deeply, for an inventory; is it the right file?"


@dataclass
class Group:
    """A group.

    Attributes:
        line: where it is named first.
        key: the path of keys to that place.
    """

    name: str
    line: int
    key: str
    hosts: dict[str, None] = field(default_factory=dict)
    parents: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)


@dataclass
class Host:
    """A host, as the file names it; one host can be named in several groups.

    Attributes:
        line: where it is named first.
        key: the path of keys to that place.
    """

    name: str
    line: int
    key: str
    variables: Variables = field(default_factory=dict)


class GroupTree:
    """All groups and hosts of a file.

    Attributes:
        groups: by name, ``all`` among them, in the file's order.
        hosts: by name, in the file's order.
        site: the site's block, ``acp`` under ``all.vars``.
    """

    def __init__(self, block: Block) -> None:
        self.groups: dict[str, Group] = {ALL: Group(ALL, 1, ALL)}
        self.hosts: dict[str, Host] = {}
        self.site: Entry | None = None
        self._block = block
        self._problems = block.problems
        self._seen: dict[tuple[str, int], Node] = {}
        self._host_entries = 0

    def read(self, root: Mapping) -> None:
        """Read the file's groups; the root's own are children of ``all``."""
        for name, entry in self._block.entries(root, "").items():
            if name == "acp":
                self._problems.add(entry.line, name, SITE_ELSEWHERE)
            elif name in _SECTIONS:
                self._problems.add(entry.line, name, f"stands at the top of the file; write it below {ALL}:")
            elif name == "plugin":
                self._problems.add(
                    entry.line,
                    name,
                    "this is the configuration of an inventory plugin; static files only are read here: make one "
                    "with ansible-inventory -i FILE --list --yaml, or use --hosts=ansible://GROUP",
                )
            else:
                self._read_group(name, entry, None, "", 0)
        if not self.hosts and not self._problems:
            self._problems.add(
                root.line,
                "",
                "names no host; write groups control_plane and worker with hosts (inventories/ has examples)",
            )
        for group in self.groups.values():
            if group.name != ALL and not group.parents:
                self._adopt(self.groups[ALL], group)
        self._check_nesting()

    def _read_group(self, name: str, entry: Entry, parent: Group | None, below: str, depth: int) -> None:
        key = joined(below, name)
        group = self.groups.setdefault(name, Group(name, entry.line, key))
        if len(self.groups) > _MOST_GROUPS or depth > _DEEPEST_GROUP:
            self._problems.stop(entry.line, key, _TOO_MANY_GROUPS)
        if parent is not None:
            self._adopt(parent, group)
        if (name, id(entry.value)) in self._seen:  # an alias of what was read already
            return
        self._seen[name, id(entry.value)] = entry.value
        for section, part in self._block.entries(entry.value, key).items():
            where = joined(key, section)
            if section == "hosts":
                self._read_hosts(group, part.value, where)
            elif section == "children":
                for child, child_entry in self._named_entries(part.value, where).items():
                    self._read_group(child, child_entry, group, where, depth + 1)
            elif section == "vars":
                self._read_variables(group, part.value, where)
            else:
                meant = did_you_mean(section, _SECTIONS) or "; write hosts, vars or children"
                self._problems.add(part.line, where, f"is nothing that a group has{meant}")

    def _adopt(self, parent: Group, child: Group) -> None:
        parent.children[child.name] = None
        child.parents[parent.name] = None

    def _named_entries(self, node: Node, key: str) -> dict[str, Entry]:
        """Give entries by name; as in Ansible, a single name may stand alone."""
        if isinstance(node, Scalar) and not node.is_null:
            return {node.text: Entry(node.line, Scalar(node.line, "", plain=True))}
        if not isinstance(node, (Scalar, Mapping)):
            self._problems.add(node.line, key, "a list stands here; write each name with a colon behind it (cp-1:)")
            return {}
        return self._block.entries(node, key)

    def _read_variables(self, group: Group, node: Node, key: str) -> None:
        entries = self._block.entries(node, key)
        if group.name == ALL and "acp" in entries:
            self.site = self.site or entries["acp"]
            entries = {name: entry for name, entry in entries.items() if name != "acp"}
        group.variables.update(used_variables(entries, key, self._problems))

    def _read_hosts(self, group: Group, node: Node, key: str) -> None:
        for pattern, entry in self._named_entries(node, key).items():
            where = joined(key, pattern)
            try:
                name_pattern, port = name_and_port(pattern)
                names = expanded(name_pattern)
            except ValueError as error:
                self._problems.add(entry.line, where, str(error))
                continue
            self._host_entries += len(names)
            if self._host_entries > _MOST_HOST_ENTRIES or len(self.hosts) > MOST_HOSTS:
                self._problems.stop(entry.line, where, f"more than {MOST_HOSTS} hosts; is it the right file?")
            variables = self._host_variables(entry, where, port)
            for name in names:
                group.hosts[name] = None
                host = self.hosts.setdefault(name, Host(name, entry.line, where))
                self._add_variables(host, variables)

    def _host_variables(self, entry: Entry, key: str, port: int | None) -> Variables:
        if isinstance(entry.value, Scalar) and not entry.value.is_null:
            self._problems.add(
                entry.value.line, key, f"{kind_of(entry.value)} follows the host; write its variables below it"
            )
            return {}
        variables = used_variables(self._block.entries(entry.value, key), key, self._problems)
        if port is not None:
            variables.setdefault("ansible_port", Variable(Scalar(entry.line, str(port), plain=True), entry.line, key))
        return variables

    def _add_variables(self, host: Host, variables: Variables) -> None:
        for name, variable in variables.items():
            known = host.variables.get(name)
            if known is not None and known.line != variable.line and not known.same_as(variable):
                self._problems.add(
                    variable.line,
                    variable.key,
                    f"is given to {safe(host.name)} a second time, with another value than on line {known.line}; "
                    "keep one",
                )
        host.variables.update(variables)

    def _check_nesting(self) -> None:
        """Make sure that no group contains itself, and that none is nested so deeply that only a trick can do it."""
        heights: dict[str, int] = {}

        def height(name: str, above: tuple[str, ...]) -> int:
            group = self.groups[name]
            if name in above:
                circle = " > ".join(map(safe, (*above[above.index(name) :], name)))
                self._problems.stop(group.line, group.key, f"groups contain each other: {circle}; take one out")
            if len(above) + heights.get(name, 0) > _DEEPEST_GROUP:
                self._problems.stop(group.line, group.key, _TOO_MANY_GROUPS)
            if name not in heights:
                heights[name] = 1 + max((height(child, (*above, name)) for child in group.children), default=0)
            return heights[name]

        for name in self.groups:
            height(name, ())


class Memberships:
    """Answers, for any host, which groups it is in and which variables it has."""

    def __init__(self, tree: GroupTree) -> None:
        self._tree = tree
        self._depths: dict[str, int] = {}
        self._direct: dict[str, list[str]] = {name: [] for name in tree.hosts}
        for group in tree.groups.values():
            for host in group.hosts:
                self._direct[host].append(group.name)
        self._inherited: dict[frozenset[str], tuple[frozenset[str], Variables]] = {}

    def groups(self, host: Host) -> frozenset[str]:
        """Give the groups of a host, parents among them, ``all`` not."""
        return self._of(host)[0]

    def variables(self, host: Host) -> Variables:
        """Give the variables of a host: all < parent group < child group < host.

        Of groups of the same depth the later name wins, unless ``ansible_group_priority`` decides, as in Ansible.
        """
        return {**self._of(host)[1], **host.variables}

    def _of(self, host: Host) -> tuple[frozenset[str], Variables]:
        direct = frozenset(self._direct[host.name])
        if direct not in self._inherited:
            names = self._with_parents(direct) | {ALL}
            merged: Variables = {}
            for name in sorted(names, key=self._precedence):
                merged.update(self._tree.groups[name].variables)
            self._inherited[direct] = (frozenset(names - {ALL}), merged)
        return self._inherited[direct]

    def _with_parents(self, names: frozenset[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self._tree.groups[name].parents)
        return found

    def _precedence(self, name: str) -> tuple[int, int, str]:
        priority = self._tree.groups[name].variables.get("ansible_group_priority")
        return (self._depth(name), priority.number() if priority else 1, name)

    def _depth(self, name: str) -> int:
        if name not in self._depths:
            parents = self._tree.groups[name].parents
            self._depths[name] = 1 + max(map(self._depth, parents)) if parents else 0
        return self._depths[name]


ROLE_GROUPS = ("control_plane", "worker")
_OTHER_NAMES = {
    "control_plane": ("kube_control_plane", "kube_master", "master", "masters", "controlplane", "control_planes"),
    "worker": ("kube_node", "kube_nodes", "node", "nodes", "workers", "compute"),
}


def role_group_meant(groups: frozenset[str]) -> str:
    """Say which group may have been meant as one of ours, for a node that is in none; empty where nothing resembles."""
    for name in sorted(groups):
        meant = [role for role in ROLE_GROUPS if name in _OTHER_NAMES[role]] or near_misses(name, ROLE_GROUPS)
        if meant:
            return f"; was its group {safe(name)} meant as {meant[0]}?"
    return ""
