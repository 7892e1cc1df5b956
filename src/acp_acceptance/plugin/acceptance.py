"""One run of the suite: what it is about, its plan, its snapshot, its record."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pytest

from acp_acceptance.inventory import Role
from acp_acceptance.model.between import Peers
from acp_acceptance.model.paths import Mesh
from acp_acceptance.model.platform import ITEMS
from acp_acceptance.plan import PlannedCheck, Target, found_in, item_of, items_in, make_plan, targets_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from acp_acceptance.collect import Settings
    from acp_acceptance.inventory import Cluster, ClusterRole, Inventory, Node, Waivers
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.platform import PlatformFacts
    from acp_acceptance.model.snapshot import Snapshot
    from acp_acceptance.requirements.catalogue import Catalogue, Language


@dataclass
class Acceptance:
    """One run, the same in the controlling process and in workers.

    Attributes:
        inventory: the site, by the release that is judged.
        nodes: of it, those that are judged.
        stages: that are run.
        catalogue: requirements and releases.
        waivers: what is accepted for a time.
        languages: of reports; the first one is that of messages.
        settings: how nodes are connected to.
        snapshot: what was observed; the collector's, a recorded one, or in workers the one that was handed over.
        folder: private folder of this process, as long as the session; for the ``host`` of a site's own checks.
    """

    inventory: Inventory
    nodes: tuple[Node, ...]
    stages: list[str]
    catalogue: Catalogue
    waivers: Waivers
    languages: list[Language]
    settings: Settings
    snapshot: Snapshot
    folder: Path
    _peers: dict[str, Peers] = field(default_factory=dict)
    _meshes: dict[str, Mesh] = field(default_factory=dict)
    _items: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    @property
    def language(self) -> Language:
        """The language of messages."""
        return self.languages[0]

    @property
    def active_allowed_by(self) -> str:
        """Who allowed the active checks, in this run or in that of the recorded snapshot; empty where nobody did."""
        return self.snapshot.active_allowed_by or self.settings.active_allowed_by

    @cached_property
    def plan(self) -> list[PlannedCheck]:
        """Everything that is owed in the whole site."""
        return make_plan(
            self.inventory, self.catalogue, self.stages, self.snapshot, active=bool(self.active_allowed_by)
        )

    @cached_property
    def targets(self) -> set[Target]:
        """The chosen targets: the chosen nodes, what was found in their clusters, and what is no node."""
        chosen, clusters = {node.name for node in self.nodes}, {cluster.name for cluster in self.clusters}
        return {
            target
            for target in (*targets_of(self.inventory), *found_in(self.inventory, self.snapshot))
            if (
                target.name in chosen
                if target.kind == "node"
                else target.kind not in ITEMS or target.cluster in clusters
            )
        }

    @cached_property
    def clusters(self) -> list[Cluster]:
        """The clusters of the chosen nodes; all where the inventory names no node."""
        named = {node.cluster for node in self.nodes}
        return [
            item for name, item in self.inventory.site.clusters.items() if name in named or not self.inventory.nodes
        ]

    @property
    def installed_clusters(self) -> list[Cluster]:
        """Those that are read through their API, since a stage after the installation is run."""
        if "dr" in self.stages:
            # One side alone tells nothing of a pair.
            return list(self.inventory.site.clusters.values())
        return self.clusters if "postinstall" in self.stages else []

    def take(self, snapshot: Snapshot) -> None:
        """Take what was collected; what was planned before it was known is planned anew."""
        self.snapshot = snapshot
        self._items.clear()
        for name in ("plan", "targets", "checks"):
            self.__dict__.pop(name, None)

    def platform_of(self, target: Target) -> PlatformFacts:
        """Give what was observed of the installed cluster that a target belongs to."""
        return cast("PlatformFacts", self.snapshot.of("platform", target.cluster))

    def item_of(self, target: Target) -> Any:  # noqa: ANN401 - of the kind that the target is
        """Give what was found in a cluster under a target's name.

        Raises:
            CollectionError: it was not measured, or nothing of its kind was found.
        """
        key = (target.cluster, target.kind)
        if key not in self._items:
            self._items[key] = items_in(self.snapshot, *key)
        return item_of(target, self._items[key])

    @cached_property
    def checks(self) -> dict[str, list[PlannedCheck]]:
        """What is to be tested, by requirement."""
        checks: dict[str, list[PlannedCheck]] = {}
        for check in self.plan:
            if not check.excluded and check.target in self.targets:
                checks.setdefault(check.requirement.id, []).append(check)
        return checks

    def nodes_of_cluster(self, target: Target) -> Peers:
        """Give the facts of all chosen nodes in a cluster, or in the cluster of one of them."""
        cluster = target.node.cluster if target.node else target.name
        if cluster not in self._peers:
            self._peers[cluster] = Peers(
                (node.name, cast("NodeFacts", self.snapshot.of("node", node.name)))
                for node in self.nodes
                if node.cluster == cluster
            )
        return self._peers[cluster]

    def mesh_of(self, target: Target) -> Mesh:
        """Give the paths between the nodes of a node's cluster, and to the other cluster of a pair."""
        cluster = target.node.cluster if target.node else target.name
        if cluster not in self._meshes:
            self._meshes[cluster] = Mesh(self.nodes_of_cluster(target))
        return self._meshes[cluster]

    def control_plane_of(self, side: ClusterRole) -> Mapping[str, NodeFacts]:
        """Give the facts of all control plane nodes of one side of the pair; those not collected say so when read."""
        clusters = {name for name, cluster in self.inventory.site.clusters.items() if cluster.role is side}
        return {
            node.name: cast("NodeFacts", self.snapshot.of("node", node.name))
            for node in self.inventory.nodes
            if node.cluster in clusters and Role.CONTROL_PLANE in node.roles
        }


ACCEPTANCE = pytest.StashKey[Acceptance]()


def acceptance_of(config: pytest.Config) -> Acceptance:
    """Give the run of this pytest process.

    Raises:
        pytest.UsageError: there is none, since no host was named.
    """
    acceptance = config.stash.get(ACCEPTANCE, None)
    if acceptance is None:
        raise pytest.UsageError("this needs a node to look at: give --hosts=NODE,... or --acp-inventory FILE")
    return acceptance
