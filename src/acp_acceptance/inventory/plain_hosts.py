"""The inventory of plain hosts: ``--hosts`` without a file."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from acp_acceptance.inventory.ansible import expand_ansible
from acp_acceptance.inventory.errors import UsageError
from acp_acceptance.inventory.hostspec import ParsedHost, parse_host_spec, parse_roles
from acp_acceptance.inventory.loading import endpoint
from acp_acceptance.inventory.model import Inventory
from acp_acceptance.inventory.nodes import ConnectionDefaults, Node
from acp_acceptance.inventory.ranges import expanded, has_range
from acp_acceptance.inventory.site import Cluster, Site, Topology
from acp_acceptance.inventory.site_block import ONLY_CLUSTER, folder_name, unknown_release
from acp_acceptance.inventory.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def inventory_from_hosts(  # noqa: PLR0913 - one for each option of the command line
    specs: Sequence[str],
    *,
    release: str | None,
    releases: Sequence[str] = (),
    role: str | None = None,
    topology: Topology | None = None,
    defaults: ConnectionDefaults | None = None,
) -> Inventory:
    """Make an inventory of hosts on the command line; all are nodes of one cluster, ``global``.

    Args:
        specs: host specs, see :func:`~acp_acceptance.inventory.parse_host_spec`; ranges of names are expanded.
        release: of the platform.
        releases: the releases that are known; none means that any will do.
        role: of the hosts that name none of their own, such as ``worker``.
        topology: None where it is not known.
        defaults: what the command line says of connections.

    Raises:
        UsageError: something is missing or wrong; the message says what to write.
    """
    _require_release(release, releases)
    hosts = _parsed(specs, defaults or ConnectionDefaults())
    _refuse_duplicates(hosts)
    nodes = tuple(_node(host, role) for host in hosts)
    return Inventory(
        site=Site(
            name=_site_name(nodes),
            release=str(release),
            topology=topology,
            clusters={ONLY_CLUSTER: Cluster(name=ONLY_CLUSTER)},
        ),
        nodes=nodes,
    )


def inventory_of_cluster(
    kubeconfig: str,
    context: str | None,
    *,
    release: str | None,
    releases: Sequence[str] = (),
    topology: Topology | None = None,
) -> Inventory:
    """Make an inventory of an installed cluster that only a kubeconfig names; it has no nodes.

    Args:
        kubeconfig: its file, or a word that stands for one.
        context: in it; ``None`` for its current one.
        release: of the platform.
        releases: the releases that are known; none means that any will do.
        topology: None where it is not known.

    Raises:
        UsageError: the release is missing or not known.
    """
    _require_release(release, releases)
    cluster = Cluster(name=ONLY_CLUSTER, kubeconfig=kubeconfig, context=context)
    site = Site(
        name=folder_name(context or PurePath(kubeconfig).stem),
        release=str(release),
        topology=topology,
        clusters={ONLY_CLUSTER: cluster},
    )
    return Inventory(site=site, nodes=())


def _require_release(release: str | None, releases: Sequence[str]) -> None:
    if not release:
        raise UsageError(f"which release of ACP? Write --acp-release=, one of {listed(releases)}")
    if words := unknown_release(release, releases):
        raise UsageError(f"--acp-release: {words}")


def _parsed(specs: Iterable[str], defaults: ConnectionDefaults) -> list[ParsedHost]:
    hosts: list[ParsedHost] = []
    for spec in specs:
        for name in _expanded(spec):
            host = parse_host_spec(name, defaults)
            if host.connection.backend == "ansible":
                hosts += expand_ansible(name, defaults=defaults)
            else:
                hosts.append(host)
    if not hosts:
        raise UsageError("no host is given; write --hosts=cp-1,cp-2 or an inventory with --acp-inventory=FILE")
    return hosts


def _expanded(spec: str) -> list[str]:
    # In a URL, and around an IPv6 address, brackets are no range.
    if "://" in spec or not has_range(spec):
        return [spec]
    try:
        return expanded(spec)
    except ValueError as error:
        raise UsageError(f"--hosts: {error}") from None


def _refuse_duplicates(hosts: Iterable[ParsedHost]) -> None:
    names: dict[str, ParsedHost] = {}
    endpoints: dict[object, ParsedHost] = {}
    for host in hosts:
        for other in (names.setdefault(host.name, host), endpoints.setdefault(endpoint(host.connection), host)):
            if other is not host:
                raise UsageError(
                    f"--hosts: {host.text} and {other.text} are the same host; leave one of them out"
                    if host.text != other.text
                    else f"--hosts: {host.text} is given twice; leave one of them out"
                )


def _node(host: ParsedHost, role: str | None) -> Node:
    roles, installer = host.roles, host.installer
    if roles is None:
        if not role:
            raise UsageError(
                f"which role has {host.name}? Write --hosts={host.name}=control_plane (or worker, or "
                "control_plane+worker), or --acp-role= for all hosts"
            )
        roles, installer = parse_roles(role)
    return Node(
        name=host.name,
        cluster=ONLY_CLUSTER,
        roles=roles,
        installer=installer,
        groups=frozenset(role.value for role in roles) | ({"installer"} if installer else set()),
        connection=host.connection,
        address=host.connection.host,
        network=ONLY_CLUSTER,
    )


def _site_name(nodes: Sequence[Node]) -> str:
    """Name the site after its first node and the number of the others: ``cp-1``, ``cp-1+4``."""
    name = folder_name(nodes[0].name)
    return f"{name}+{len(nodes) - 1}" if len(nodes) > 1 else name
