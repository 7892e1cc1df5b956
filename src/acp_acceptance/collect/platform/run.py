"""Collecting the installed clusters of a site: finding the way to each, saying which it is, reading it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

import yaml

from acp_acceptance.collect.platform.access import IN_CLUSTER, from_document, from_kubeconfig, in_cluster
from acp_acceptance.collect.platform.collector import PlatformCollector, unreached
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.waiting import Patience
from acp_acceptance.collect.side_by_side import each
from acp_acceptance.inventory import OVER_SSH, Role
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from acp_acceptance.collect.platform.access import Access
    from acp_acceptance.collect.platform.steps import Asking, Subject
    from acp_acceptance.collect.side_by_side import Step
    from acp_acceptance.inventory import Cluster, Inventory, Node
    from acp_acceptance.model.sections import Section
    from acp_acceptance.model.snapshot import Snapshot


class Telling(Protocol):
    """Someone who is told how collection goes."""

    def say(self, line: str) -> None:
        """Something begins, or is known now."""

    def waiting(self, cluster: str, missing: Sequence[str], left: float) -> None:
        """Something is missing still, and ``left`` seconds are left."""

    def reading(self, cluster: str, fact: str, done: int, of: int) -> None:
        """One more thing was read of a cluster."""


class Sources:
    """Where the API of each cluster is.

    Args:
        inventory: names kubeconfigs and nodes.
        kubeconfig: instead, by option: a file, ``in-cluster`` or ``ssh``; empty for none.
        context: in that file; empty for none.
        ask_node: reads one section of the probe on a node.
    """

    def __init__(self, inventory: Inventory, kubeconfig: str, context: str, ask_node: Asking) -> None:
        self.inventory = inventory
        self.ask_node = ask_node
        self._kubeconfig = kubeconfig
        self._context = context
        self._found: dict[str, Access] = {}

    def access(self, cluster: Cluster) -> Access:
        """Give the way to a cluster's API; it is looked for once.

        Raises:
            ApiError: there is none.
        """
        if cluster.name not in self._found:
            self._found[cluster.name] = self._look(cluster)
        return self._found[cluster.name]

    def _look(self, cluster: Cluster) -> Access:
        file = self._kubeconfig or cluster.kubeconfig or OVER_SSH
        if file == IN_CLUSTER:
            return in_cluster()
        if file != OVER_SSH:
            return from_kubeconfig(file, self._context or cluster.context)
        node = next(
            (
                item
                for item in self.inventory.nodes
                if item.cluster == cluster.name and Role.CONTROL_PLANE in item.roles
            ),
            None,
        )
        if node is None:
            raise ApiError(
                "no-access",
                f"the inventory names neither a kubeconfig nor a control plane node of {cluster.name}; "
                "give --acp-kubeconfig=FILE",
            )
        return from_document(self._admin_conf(node), f"/etc/kubernetes/admin.conf of {node.name}")

    def _admin_conf(self, node: Node) -> dict[str, Any]:
        """Read the kubeconfig that a control plane node holds; it is used, and never kept."""
        try:
            return _admin_conf_of(node, self.ask_node(node, "admin_conf"))
        except (CollectionError, OSError, ValueError) as error:
            raise ApiError("no-access", printable(f"{node.name} gave no kubeconfig: {error}")) from error


def _admin_conf_of(node: Node, section: Section) -> dict[str, Any]:
    """Read the kubeconfig of a control plane node; where it names the node itself, its address stands in for that.

    Raises:
        ApiError: it is none; nothing of what it holds is shown.
        CollectionError: it could not be read.
    """
    try:
        document = yaml.safe_load(section.text("admin_conf"))
        (cluster,) = [item["cluster"] for item in document["clusters"]]
        parts = urlsplit(cluster["server"])
        if parts.hostname in {"localhost", "127.0.0.1", "::1"}:
            host = f"[{node.address}]" if ":" in node.address else node.address
            cluster["server"] = f"https://{host}:{parts.port or 443}"
            # Its certificate need not be for the address at which the runner knows it; its CA signs it all the same.
            cluster.setdefault("tls-server-name", "kubernetes")
    except (yaml.YAMLError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise ApiError(
            "no-access", f"/etc/kubernetes/admin.conf of {node.name} is no kubeconfig of one cluster"
        ) from error
    return cast("dict[str, Any]", document)


def collect_platforms(  # noqa: PLR0913, PLR0917 - what is read, how, and who is told
    clusters: Sequence[Cluster],
    sources: Sources,
    deadline: float,
    progress: Telling,
    snapshot: Snapshot,
    wait: float = 0,
) -> bool:
    """Collect installed clusters into ``snapshot``; ``False`` where that was interrupted.

    ``wait`` is how many seconds each may take to settle.
    """
    for cluster in clusters:
        interrupted = Problem("interrupted", "the run was interrupted before it was read")
        snapshot.targets["platform", cluster.name] = PlatformFacts(
            cluster.name, dict.fromkeys(PlatformFacts.declared(), interrupted)
        )
    looking = gc.isenabled()
    # What is listed makes no cycles; looking for some among a page's objects takes as long as reading them.
    gc.disable()
    try:
        # Both of a pair at once: one that does not answer takes as long as all that is asked of the other.
        for cluster, facts in each(
            clusters,
            lambda item: _collected(item, sources, deadline, progress, Patience(item.name, wait, progress)),
        ):
            snapshot.targets["platform", cluster.name] = facts
    except KeyboardInterrupt:
        return False
    finally:
        if looking:
            gc.enable()
    return True


def _collected(
    cluster: Cluster, sources: Sources, deadline: float, progress: Telling, patience: Patience
) -> PlatformFacts:
    try:
        collector = PlatformCollector(cluster.name, sources.access(cluster), deadline)
    except ApiError as error:
        progress.say(f"cluster {cluster.name}: {error.reason}")
        return unreached(cluster.name, error)
    # Imported here: the packages take longer to import than a preflight of a node takes.
    from acp_acceptance.collect.platform.steps import OUTSIDE, STEPS, Subject, look_further  # noqa: PLC0415 - as said

    steps: Sequence[Step[Subject]] = STEPS
    try:
        facts = _listed(cluster, collector, progress, patience)
    except ApiError as error:
        progress.say(f"cluster {cluster.name}: {error.reason}")
        facts, steps = unreached(cluster.name, error), OUTSIDE
    progress.say(f"cluster {cluster.name}: looking at it from outside")
    subject = Subject(sources.inventory, cluster, collector.api, deadline, facts, sources.ask_node)
    return facts.having(look_further(subject, steps))


def _listed(cluster: Cluster, collector: PlatformCollector, progress: Telling, patience: Patience) -> PlatformFacts:
    """Say which cluster it is, wait for it, and list what is in it.

    Raises:
        ApiError: it does not answer.
    """
    server = patience.meet(collector)
    doubt = "; it knows no AppReleases: is this a cluster of the platform?" if server.platform is False else ""
    nodes = "nodes unknown" if server.nodes is None else f"{server.nodes} nodes"
    progress.say(
        f"cluster {cluster.name}: {server.server} ({server.source}), Kubernetes {server.version or 'unknown'}, "
        f"{nodes}{doubt}"
    )
    if patience.seconds:
        patience.until_settled(collector)
    return collector.collect(server, progress.reading)
