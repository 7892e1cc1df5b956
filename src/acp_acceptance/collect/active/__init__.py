"""The checks that load nodes: disks, network, load balancer. Run only where somebody allowed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.active.balancer import measure_balancer
from acp_acceptance.collect.active.disks import measure_disks
from acp_acceptance.collect.active.throughput import measure_pair, rounds
from acp_acceptance.collect.pool import Pool
from acp_acceptance.model.measurement import CollectionError, Problem, problem_of
from acp_acceptance.model.throughput import Sent, Throughput

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from acp_acceptance.collect.active.session import Sessions
    from acp_acceptance.inventory import Inventory, Node
    from acp_acceptance.model.snapshot import Snapshot

RATES = "preflight.capacity.disk-performance"
LATENCY = "preflight.capacity.etcd-disk-latency"
BANDWIDTH = "preflight.between.bandwidth"
BALANCER = "preflight.platform.load-balancer"

NOT_ASKED = Problem("not-asked", "it loads the node; allow it with --acp-active")
_INTERRUPTED = Problem("interrupted", "the run was interrupted before it was measured")
_ALONE = Problem("unreadable", "there are no two nodes of its cluster, itself among them, on which it could be run")
_FACTS = {"node": ("disk_rates", "sync_writes", "throughput"), "cluster": ("forwarding",)}


def mark_not_asked(snapshot: Snapshot) -> None:
    """Note that nothing of this was measured, since nobody asked for it."""
    _mark(snapshot, NOT_ASKED)


def _mark(snapshot: Snapshot, problem: Problem) -> None:
    for (kind, name), facts in list(snapshot.targets.items()):
        unmeasured = dict.fromkeys(_FACTS.get(kind, ()), problem)
        snapshot.targets[kind, name] = facts.having(unmeasured)


class ActiveChecks:
    """One run of them, after the probe.

    Args:
        sessions: runs tasks on nodes.
        inventory: the site.
        nodes: the chosen ones.
        wanted: requirement and name of the target of what is to be judged.
        snapshot: is filled.
        forks: nodes at once.
        say: is told what is about to be done.
    """

    def __init__(  # noqa: PLR0913 - all of them decide what is measured, and how
        self,
        sessions: Sessions,
        inventory: Inventory,
        nodes: Sequence[Node],
        wanted: Collection[tuple[str, str]],
        snapshot: Snapshot,
        *,
        forks: int,
        say: Callable[[str], None],
    ) -> None:
        self._sessions = sessions
        self._inventory = inventory
        self._nodes = nodes
        self._wanted = frozenset(wanted)
        self._snapshot = snapshot
        self._forks = forks
        self._say = say

    def run(self) -> None:
        """Load disks, then the network, then the balancers, so that they do not disturb each other."""
        _mark(self._snapshot, _INTERRUPTED)
        self._disks()
        self._throughput()
        self._balancers()

    def _owing(self, requirement: str) -> list[Node]:
        return [node for node in self._nodes if (requirement, node.name) in self._wanted]

    def _keep(self, kind: str, name: str, values: dict[str, Any]) -> None:
        self._snapshot.targets[kind, name] = self._snapshot.of(kind, name).having(values)

    def _disks(self) -> None:
        rates, latency = self._owing(RATES), self._owing(LATENCY)
        nodes = [node for node in self._nodes if node in rates or node in latency]
        if nodes:
            self._say(f"active checks: the disks of {len(nodes)} nodes")

        def measure(node: Node) -> None:
            self._keep(
                "node", node.name, measure_disks(self._sessions, node, sync=node in latency, rates=node in rates)
            )

        self._each(nodes, measure, self._forks)

    def _throughput(self) -> None:
        nodes = self._owing(BANDWIDTH)
        # One that cannot be reached must not cost the one that would send to it.
        usable = [node for node in nodes if self._sessions.is_usable(node)]
        clusters = [[node for node in usable if node.cluster == name] for name in self._inventory.site.clusters]
        rings = [rounds(members) for members in clusters]
        longest = max(map(len, rings), default=0)
        plan = [
            [pair for ring in rings for pairs in ring[number : number + 1] for pair in pairs]
            for number in range(longest)
        ]
        # One way from each cluster to the other: what goes between them goes over the same lines for all.
        plan += [[pair] for pair in _across([members[0] for members in clusters if members])]
        sent: dict[str, list[Sent]] = {}
        failed: dict[str, Problem] = {}

        def measure(pair: tuple[Node, Node]) -> None:
            try:
                sent.setdefault(pair[0].name, []).append(measure_pair(self._sessions, *pair))
            except CollectionError as error:
                failed[pair[0].name] = problem_of(error)

        if plan:
            self._say(f"active checks: the throughput of {sum(map(len, plan))} pairs of nodes")
        for pairs in plan:
            self._each(pairs, measure, max(1, self._forks // 2))
        for node in nodes:
            measured = Throughput(tuple(sent[node.name])) if node.name in sent else _ALONE
            self._keep("node", node.name, {"throughput": failed.get(node.name, measured)})

    def _balancers(self) -> None:
        for name, cluster in self._inventory.site.clusters.items():
            if (BALANCER, name) not in self._wanted:
                continue
            self._say(f"active checks: the load balancer of {name}")
            members = [node for node in self._nodes if node.cluster == name]
            found: object
            try:
                found = measure_balancer(self._sessions, self._inventory, cluster, members)
            except (CollectionError, OSError) as error:
                found = problem_of(error)
            self._keep("cluster", name, {"forwarding": found})

    def _each(self, items: Sequence[Any], do: Callable[[Any], None], forks: int) -> None:
        Pool(forks, forks).run((("", item) for item in items), do, self._sessions.processes.stopped)


def _across(firsts: Sequence[Node]) -> list[tuple[Node, Node]]:
    return [(sender, receiver) for sender in firsts for receiver in firsts if sender is not receiver]
