"""Collecting a whole site: all nodes at once, with progress, and what was measured kept in any case."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from acp_acceptance import __version__
from acp_acceptance.collect.mesh import named, tries_of
from acp_acceptance.collect.node import NodeCollector
from acp_acceptance.collect.openssh import OpenSsh, Route
from acp_acceptance.collect.pool import Pool
from acp_acceptance.collect.process import Processes
from acp_acceptance.collect.site import cluster_facts
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.snapshot import Snapshot
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.inventory import Inventory, Node


class Progress(Protocol):
    """Someone who is told how collection goes, from any thread."""

    def collected(self, facts: NodeFacts, done: int, of: int) -> None:
        """One more node is done, reached or not."""


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
    """

    forks: int = 64
    forks_per_jump: int = 8
    deadline: float = 90.0
    accept_new_host_keys: bool = False
    ssh_password: str = field(default="", repr=False)
    sudo_password: str = field(default="", repr=False)


def collect(
    inventory: Inventory, nodes: Sequence[Node], settings: Settings, progress: Progress
) -> tuple[Snapshot, bool]:
    """Collect ``nodes`` and what the inventory says of its clusters.

    Returns:
        The snapshot, and whether collection came to its end (``False`` after Ctrl-C: nodes that were not done then
        are marked so).
    """
    taken = datetime.now(timezone.utc).isoformat(timespec="seconds")
    snapshot = Snapshot(inventory.model_dump(mode="json"), taken, __version__)
    for node in nodes:
        unfinished = Problem("interrupted", "the run was interrupted before it was collected")
        snapshot.targets["node", node.name] = NodeFacts(node.name, dict.fromkeys(NodeFacts.declared(), unfinished))
    for cluster in cluster_facts(inventory.site.clusters.values()):
        snapshot.targets["cluster", cluster.target] = cluster
    with tempfile.TemporaryDirectory(prefix="acp-acceptance-") as folder:
        run = _Run(settings, Path(folder), snapshot, progress)
        finished = run.collect(nodes) and run.measure_between(nodes, inventory)
    return snapshot, finished


class _Run:
    """One collection."""

    def __init__(self, settings: Settings, folder: Path, snapshot: Snapshot, progress: Progress) -> None:
        self._settings = settings
        self._snapshot = snapshot
        self._progress = progress
        self._processes = Processes()
        self._lock = threading.Lock()
        self._done = 0
        self._ssh = open_ssh(settings, folder)
        self._collector = NodeCollector(self._ssh, self._processes, settings.deadline, settings.sudo_password)

    def collect(self, nodes: Sequence[Node]) -> bool:
        """Collect all nodes; ``False`` where that was interrupted."""
        pool = Pool(self._settings.forks, self._settings.forks_per_jump)
        total = len(nodes)

        def do(item: tuple[Node, Route | None]) -> None:
            facts = self._collector.collect(*item)
            with self._lock:
                self._snapshot.targets["node", facts.target] = facts
                self._done += 1
                self._progress.collected(facts, self._done, total)

        try:
            pool.run(self._routed(nodes), do, self._processes.stopped)
        except KeyboardInterrupt:
            self._processes.stop()
            self._settle()
            return False
        return True

    def measure_between(self, nodes: Sequence[Node], inventory: Inventory) -> bool:
        """Have all nodes that answered try their peers, all at once; ``False`` where that was interrupted."""
        routes = self._routed(
            [
                node
                for node in nodes
                if self._answered(node) and sum(n.cluster == node.cluster for n in inventory.nodes) > 1
            ]
        )

        def do(item: tuple[Node, Route | None]) -> None:
            node = item[0]
            tries, peers, untried = tries_of(node, inventory)
            found = self._collector.measure_between(*item, tries)
            with self._lock:
                facts = self._snapshot.targets["node", node.name]
                facts.add("reach", named(found, peers, untried))

        try:
            Pool(self._settings.forks, self._settings.forks_per_jump).run(routes, do, self._processes.stopped)
        except KeyboardInterrupt:
            self._processes.stop()
            self._settle()
            return False
        return True

    def _answered(self, node: Node) -> bool:
        facts = self._snapshot.targets["node", node.name]
        return isinstance(facts, NodeFacts) and facts.holds("contact") and facts.contact.outcome == "answered"

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
