"""Collecting a whole site: all nodes at once, with progress, and what was measured kept in any case."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

from acp_acceptance import __version__
from acp_acceptance.collect.active import ActiveChecks, mark_not_asked
from acp_acceptance.collect.active.session import Sessions
from acp_acceptance.collect.knocking import Knocking, places_to_knock
from acp_acceptance.collect.looked_for import looked_for
from acp_acceptance.collect.mesh import NAMING, NEEDING, Telling
from acp_acceptance.collect.node import NodeCollector
from acp_acceptance.collect.openssh import OpenSsh, Route
from acp_acceptance.collect.pool import Pool
from acp_acceptance.collect.process import Processes, allow_programs
from acp_acceptance.collect.site import cluster_facts
from acp_acceptance.collect.told import probe_values
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.snapshot import Snapshot
from acp_acceptance.model.text import printable
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from acp_acceptance.inventory import Cluster, Inventory, Node
    from acp_acceptance.model.sections import Section


_KEPT = 400
"""Connections that are kept between the two round trips; each is a process here, and one on its node."""


class Progress(Protocol):
    """Someone who is told how collection goes, from any thread."""

    def collected(self, facts: NodeFacts, done: int, of: int) -> None:
        """One more node is done, reached or not."""

    def say(self, line: str) -> None:
        """Something else begins."""

    def waiting(self, cluster: str, missing: Sequence[str], left: float) -> None:
        """Something is missing still until a cluster has settled, and ``left`` seconds are left."""

    def reading(self, cluster: str, fact: str, done: int, of: int) -> None:
        """One more thing was read of a cluster."""


@dataclass(frozen=True)
class Settings:
    """How nodes are collected.

    Attributes:
        forks: nodes at once.
        forks_per_jump: nodes at once behind the same jump host, whose sshd drops more (MaxStartups).
        deadline: seconds for each node, from connecting to the probe's end.
        accept_new_host_keys: accept and keep host keys of first contacts.
        ssh_password: for SSH; empty for none.
        sudo_password: for sudo; empty for none.
        active_allowed_by: who allowed the checks that load nodes; empty where they are not run.
        kubeconfig: instead of the inventory's: a file, ``in-cluster`` or ``ssh``; empty for none.
        context: in that file; empty for its current one.
        wait: seconds that an installed cluster may take to settle; 0 judges it as it is.
    """

    forks: int = 64
    forks_per_jump: int = 8
    deadline: float = 90.0
    accept_new_host_keys: bool = False
    ssh_password: str = field(default="", repr=False)
    sudo_password: str = field(default="", repr=False)
    active_allowed_by: str = ""
    kubeconfig: str = ""
    context: str = ""
    wait: float = 0.0


def collect(  # noqa: PLR0913, PLR0917 - what is collected, how, and who is told
    inventory: Inventory,
    nodes: Sequence[Node],
    settings: Settings,
    progress: Progress,
    wanted: Collection[tuple[str, str]] = (),
    clusters: Sequence[Cluster] = (),
    stages: Sequence[str] = (),
) -> tuple[Snapshot, bool]:
    """Collect ``nodes``, what the inventory says of its clusters, and those that are installed through their API.

    Args:
        inventory: the site.
        nodes: of it, those that are collected.
        settings: how.
        progress: is told how it goes.
        wanted: requirement and name of the target of what will be judged; decides whether the second round trip is
            made, and which active checks are run.
        clusters: that are read through their API.
        stages: that this is for; what only disaster recovery asks is collected for stage ``dr`` alone.

    Returns:
        The snapshot, and whether collection came to its end (``False`` after Ctrl-C: nodes that were not done then
        are marked so).
    """
    taken = datetime.now(timezone.utc).isoformat(timespec="seconds")
    snapshot = Snapshot(inventory.model_dump(mode="json"), taken, __version__, stages=tuple(stages))
    for node in nodes:
        unfinished = Problem("interrupted", "the run was interrupted before it was collected")
        snapshot.targets["node", node.name] = NodeFacts(node.name, dict.fromkeys(NodeFacts.declared(), unfinished))
    knocking = Knocking({name: places_to_knock(inventory, item) for name, item in inventory.site.clusters.items()})
    snapshot.active_allowed_by = settings.active_allowed_by
    with tempfile.TemporaryDirectory(prefix="acp-acceptance-") as folder:
        lists = {**looked_for(load_catalogue(), inventory), "encryption_word": secrets.token_hex(16)}
        told = partial(probe_values, inventory, lists)
        run = _Run(settings, Path(folder), snapshot, progress, told)
        asked = {name for name, _ in wanted}
        again = bool(asked & (NEEDING | NAMING))
        telling = Telling(inventory, snapshot, between=bool(asked & NEEDING))
        try:
            finished = run.collect(nodes, kept=again) and (not again or run.measure_between(nodes, telling))
        finally:
            run.close()
        for cluster in cluster_facts(inventory, knocking.views()):
            snapshot.targets["cluster", cluster.target] = cluster
        mark_not_asked(snapshot)
        if finished and settings.active_allowed_by:
            finished = run.load(inventory, nodes, wanted)
        if clusters and finished:
            finished = run.read(inventory, clusters, pair="dr" in stages)
    return snapshot, finished


class _Run:
    """One collection."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        snapshot: Snapshot,
        progress: Progress,
        values_for: Callable[[Node], dict[str, str]],
    ) -> None:
        self._settings = settings
        self._snapshot = snapshot
        self._progress = progress
        self._processes = Processes()
        self._lock = threading.Lock()
        self._done = 0
        self._routes: dict[str, Route | None] = {}
        self._ssh = open_ssh(settings, folder)
        self._collector = NodeCollector(
            self._ssh, self._processes, settings.deadline, settings.sudo_password, values_for
        )

    def collect(self, nodes: Sequence[Node], *, kept: bool) -> bool:
        """Collect all nodes; ``False`` where that was interrupted.

        ``kept`` says whether they will be asked more, so that connections are worth keeping.
        """
        total = len(nodes)
        self._collector.keeps = _KEPT if kept else 0
        allow_programs(self._settings.forks + self._collector.keeps)

        def do(item: tuple[Node, Route | None]) -> None:
            facts = self._collector.collect(*item)
            with self._lock:
                self._snapshot.targets["node", facts.target] = facts
                self._done += 1
                self._progress.collected(facts, self._done, total)

        return self._whole(lambda: self._at_once(self._routed(nodes), do))

    def measure_between(self, nodes: Sequence[Node], telling: Telling) -> bool:
        """Have all nodes that answered measure the way to their peers; ``False`` where that was interrupted."""
        told = {node.name: telling.told(node) for node in nodes if self._answered(node)}
        measuring = [node for node in nodes if node.name in told and told[node.name].sections]
        if not measuring:
            return True
        what = "try the way to their peers" if telling.between else "resolve the platform's names"
        self._progress.say(f"{len(measuring)} nodes {what}")

        def do(item: tuple[Node, Route | None]) -> None:
            node, route = item
            asked = told[node.name]
            found = self._collector.measure_between(node, route, asked.values, asked.sections)
            with self._lock:
                self._snapshot.of("node", node.name).add(asked.named(found))

        lanes = [(route.jump if (route := self._routes[node.name]) else "", (node, route)) for node in measuring]
        return self._whole(lambda: self._at_once(lanes, do))

    def read(self, inventory: Inventory, clusters: Sequence[Cluster], *, pair: bool) -> bool:
        """Read installed clusters through their API, and what a pair has between them; ``False`` if interrupted."""
        # Imported here: preflight needs none of it, and it takes a tenth of what starts before the first connection.
        from acp_acceptance.collect.pair.run import collect_pair  # noqa: PLC0415 - as said
        from acp_acceptance.collect.platform.run import Sources, collect_platforms  # noqa: PLC0415 - as said

        settings, progress, snapshot = self._settings, self._progress, self._snapshot
        sources = Sources(inventory, settings.kubeconfig, settings.context, self.section)
        finished = collect_platforms(clusters, sources, settings.deadline, progress, snapshot, settings.wait)
        if finished and pair:
            finished = collect_pair(inventory, sources, settings.deadline, progress, snapshot)
        if not finished:
            # Whichever thread began it.
            self._processes.stop()
        return finished

    def close(self) -> None:
        """End the connections that were kept for more."""
        self._collector.close()

    def section(self, node: Node, name: str, values: Mapping[str, str] = MappingProxyType({})) -> Section:
        """Read one section of the probe on one node, which is told some values.

        Raises:
            CollectionError: it did not come.
            OSError, ValueError: the runner's SSH client cannot be used.
        """
        ((_, (_, route)),) = self._routed([node])
        return self._collector.section(node, route, name, values)

    def load(self, inventory: Inventory, nodes: Sequence[Node], wanted: Collection[tuple[str, str]]) -> bool:
        """Run the active checks; ``False`` where that was interrupted."""
        sessions = Sessions(
            self._ssh,
            self._processes,
            self._settings.sudo_password,
            self._routes,
            lambda name: cast("NodeFacts", self._snapshot.of("node", name)),
        )
        self._progress.say(f"active checks: allowed by {self._settings.active_allowed_by}")
        checks = ActiveChecks(
            sessions, inventory, nodes, wanted, self._snapshot, forks=self._settings.forks, say=self._progress.say
        )
        return self._whole(checks.run)

    def _at_once(
        self, items: list[tuple[str, tuple[Node, Route | None]]], do: Callable[[tuple[Node, Route | None]], None]
    ) -> None:
        Pool(self._settings.forks, self._settings.forks_per_jump).run(items, do, self._processes.stopped)

    def _whole(self, step: Callable[[], None]) -> bool:
        """Do a step; ``False`` where it was interrupted, and then everything that runs is ended."""
        try:
            step()
        except KeyboardInterrupt:
            self._processes.stop()
            self._settle()
            return False
        return True

    def _answered(self, node: Node) -> bool:
        facts: Any = self._snapshot.of("node", node.name)
        return (
            facts.is_measured(NodeFacts.contact) and facts.contact.outcome == "answered" and node.name in self._routes
        )

    def _routed(self, nodes: Sequence[Node]) -> list[tuple[str, tuple[Node, Route | None]]]:
        """Ask OpenSSH for each node's route; those whose configuration it refuses are done with that."""
        routed: list[tuple[str, tuple[Node, Route | None]]] = []
        asked = Pool(self._settings.forks, self._settings.forks)
        routes: dict[int, Route] = {}

        def ask(item: tuple[int, Node]) -> None:
            number, node = item
            try:
                routes[number] = self._ssh.route(node.connection)
            except (OSError, ValueError) as error:
                problem = Problem("no-client", printable(f"the runner's SSH client cannot be used: {error}"))
                with self._lock:
                    self._snapshot.targets["node", node.name] = NodeFacts(
                        node.name, dict.fromkeys(NodeFacts.declared(), problem)
                    )
                    self._done += 1

        over_ssh = [
            (number, node) for number, node in enumerate(nodes) if node.connection.backend in {"ssh", "safe-ssh"}
        ]
        asked.run((("", item) for item in over_ssh), ask, self._processes.stopped)
        numbers = {number for number, _ in over_ssh}
        self._routes = {nodes[number].name: route for number, route in routes.items()}
        self._routes |= {node.name: None for node in nodes if node.connection.backend == "local"}
        for number, node in enumerate(nodes):
            if number in routes:
                routed.append((routes[number].jump, (node, routes[number])))
            elif number not in numbers:
                routed.append(("", (node, None)))
        return routed

    def _settle(self) -> None:
        """Give threads whose programs were just ended a moment to hand in what they have."""
        patience = time.monotonic() + 3
        while time.monotonic() < patience and any(
            thread.name.startswith("collect") and thread.is_alive() for thread in threading.enumerate()
        ):
            time.sleep(0.05)


def open_ssh(settings: Settings, folder: Path) -> OpenSsh:
    """Make the OpenSSH transport that ``settings`` describe; ``folder`` is private and outlives it."""
    return OpenSsh(
        folder=folder,
        connect_timeout=max(1, min(10, int(settings.deadline))),
        accept_new=settings.accept_new_host_keys,
        password=settings.ssh_password,
    )
