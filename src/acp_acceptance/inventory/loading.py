"""Reads an inventory file, in Ansible's YAML form, without Ansible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from acp_acceptance.inventory import addresses
from acp_acceptance.inventory.document import Block, parse_document, read_text
from acp_acceptance.inventory.errors import InventoryError, Problems
from acp_acceptance.inventory.groups import ROLE_GROUPS, GroupTree, Host, Memberships, role_group_meant
from acp_acceptance.inventory.hostspec import INSTALLER, NETWORK_BACKENDS
from acp_acceptance.inventory.model import Inventory
from acp_acceptance.inventory.nodes import Connection, ConnectionDefaults, Minimum, Node, Role
from acp_acceptance.inventory.site_block import read_site
from acp_acceptance.inventory.validation import BlockValidator
from acp_acceptance.inventory.variables import HostVariables
from acp_acceptance.inventory.wording import did_you_mean, listed, safe
from acp_acceptance.inventory.yaml_nodes import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from acp_acceptance.inventory.site import Site

_SSH_PORT = 22
_INI_SECTION = re.compile(r"^\[[\w.:-]+\]\s*$", re.MULTILINE)


def load_inventory(
    path: Path,
    *,
    release: str | None = None,
    releases: Sequence[str] = (),
    defaults: ConnectionDefaults | None = None,
) -> Inventory:
    """Read an inventory file.

    Args:
        path: the file.
        release: the platform's release, instead of the one that the file names.
        releases: the releases that are known; none means that any will do.
        defaults: what the command line says of connections, used where the file is silent.

    Raises:
        InventoryError: the file cannot be used; it holds every problem that was found.
    """
    problems = Problems(str(path), InventoryError)
    text = read_text(path, problems)
    if _INI_SECTION.search(text):
        problems.stop(
            None,
            "",
            "is an inventory in Ansible's INI form; make a YAML one of it with: "
            f"ansible-inventory -i {path.name} --list --yaml",
        )
    root = parse_document(text, problems)
    if root is None or (isinstance(root, Scalar) and root.is_null):
        problems.stop(None, "", "is empty; inventories/ has examples to begin with")
    if not isinstance(root, Mapping):
        problems.stop(
            root.line, "", "holds no groups; write a mapping that begins with all: (inventories/ has examples)"
        )
    block = Block(problems)
    tree = GroupTree(block)
    tree.read(root)
    site = read_site(tree.site, block, path, release=release, releases=releases)
    nodes = _Nodes(tree, block, site, defaults or ConnectionDefaults()).read()
    problems.raise_if_any()
    assert site is not None, "a site that could not be read is a problem"
    return Inventory(path=str(path), site=site, nodes=tuple(nodes))


class _Nodes:
    """Makes nodes of the hosts of a tree, and notes what is wrong between them."""

    def __init__(self, tree: GroupTree, block: Block, site: Site | None, defaults: ConnectionDefaults) -> None:
        self._tree = tree
        self._block = block
        self._problems = block.problems
        self._site = site
        self._defaults = defaults
        self._memberships = Memberships(tree)

    def read(self) -> list[Node]:
        """Give the nodes; those that cannot be made are left out, and the problems noted."""
        nodes = [node for host in self._tree.hosts.values() if (node := self._node(host))]
        self._check_endpoints(nodes)
        self._check_installers(nodes)
        self._check_clusters(nodes)
        return nodes

    def _node(self, host: Host) -> Node | None:
        variables = HostVariables(host.name, self._memberships.variables(host), self._problems)
        groups = self._memberships.groups(host)
        connection = variables.connection(self._defaults)
        cluster = self._cluster(host, groups)
        new = variables.boolean("new")
        minimum = self._minimum(variables)
        network = variables.text("acp_network")
        address = variables.checked("acp_address", addresses.checked_address)
        roles = frozenset(Role(group) for group in groups.intersection(ROLE_GROUPS))
        if not roles:
            self._add(
                host,
                "is in neither of the groups control_plane and worker; name it in one of them (or in both)"
                + role_group_meant(groups),
            )
        try:
            addresses.checked_node_name(host.name)
        except ValueError as error:
            self._problems.add(host.line, host.key, str(error))
            return None
        if connection is None or cluster is None or not roles or minimum is None:
            return None
        return Node(
            name=host.name,
            cluster=cluster,
            roles=roles,
            installer=INSTALLER in groups,
            new=bool(new),
            groups=groups,
            connection=connection,
            address=address or connection.host,
            network=network or self._network(cluster),
            minimum=minimum,
        )

    def _minimum(self, variables: HostVariables) -> Minimum | None:
        variable = variables["acp_minimum"]
        if variable is None or (isinstance(variable.node, Scalar) and variable.node.is_null):
            return Minimum()
        data, lines = self._block.data(variable.node, variable.key)
        return BlockValidator(variable.key, data, lines, self._problems).make(Minimum)

    def _cluster(self, host: Host, groups: frozenset[str]) -> str | None:
        if self._site is None:
            return None
        names = list(self._site.clusters)
        if len(names) == 1:
            return names[0]
        own = sorted(groups.intersection(names))
        if len(own) == 1:
            return own[0]
        if own:
            self._add(host, f"is in the groups of several clusters: {', '.join(own)}; name it in one of them")
        else:
            self._add(host, f"is in no cluster; name it in the group of its cluster: {' or '.join(names)}")
        return None

    def _network(self, cluster: str) -> str:
        assert self._site is not None, "a node with a cluster has a site"
        return self._site.clusters[cluster].network or cluster

    def _check_endpoints(self, nodes: Iterable[Node]) -> None:
        first: dict[object, Node] = {}
        for node in nodes:
            other = first.setdefault(endpoint(node.connection), node)
            if other is not node:
                host = self._tree.hosts[node.name]
                line = self._tree.hosts[other.name].line
                self._add(
                    host,
                    f"is reached at the same place as {other.name} (line {line}), {node.connection.spec}; "
                    "correct ansible_host or ansible_port of one of them",
                )

    def _check_installers(self, nodes: Iterable[Node]) -> None:
        first: dict[str, str] = {}
        for node in nodes:
            if node.installer and first.setdefault(node.cluster, node.name) != node.name:
                self._add(
                    self._tree.hosts[node.name],
                    f"is the second installer of cluster {node.cluster}, beside {first[node.cluster]}; "
                    "leave one of them in the group installer",
                )

    def _check_clusters(self, nodes: Iterable[Node]) -> None:
        # Only a sound file shows which clusters are without nodes: elsewhere nodes were left out above.
        if self._site is None or self._problems or self._tree.site is None:
            return
        for name in self._site.clusters.keys() - {node.cluster for node in nodes}:
            meant = did_you_mean(name, self._tree.groups)
            self._problems.add(
                self._tree.site.line,
                f"all.vars.acp.clusters.{name}",
                f"has no nodes; write a group {name} that holds them{meant}. There are: {listed(self._tree.groups)}",
            )

    def _add(self, host: Host, text: str) -> None:
        self._problems.add(host.line, host.key, f"{safe(host.name)} {text}")


def endpoint(connection: Connection) -> tuple[object, ...]:
    """Give what two connections have in common if they lead to the same machine."""
    if connection.backend in NETWORK_BACKENDS:
        return ("network", addresses.same_endpoint(connection.host), connection.port or _SSH_PORT)
    if connection.backend == "local":
        return ("local",)
    return (connection.spec.partition("?")[0], *sorted(connection.spec.partition("?")[2].split("&")))
