"""Which worker runs which test under pytest-xdist: all tests of one target together.

pytest-xdist's own ``--dist loadgroup`` stops grouping with pytest 9.2, so the scheduler is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadScopeScheduling

from acp_acceptance.plugin.testids import target_in

if TYPE_CHECKING:
    import pytest
    from xdist.workermanage import WorkerController


class TargetScheduling(LoadScopeScheduling):
    """Gives each worker whole targets, and survives a worker that dies.

    Args:
        config: pytest's.
        log: pytest-xdist's.
        names: of all targets.
    """

    def __init__(self, config: pytest.Config, log: Any, names: set[str]) -> None:  # noqa: ANN401 - xdist's own type
        super().__init__(config, log)
        self._names = names

    def _split_scope(self, nodeid: str) -> str:
        """Group by the target; tests without one by their file."""
        target = target_in(nodeid, self._names)
        return super()._split_scope(nodeid) if target is None else target

    def remove_node(self, node: WorkerController) -> str | None:
        """Take a worker out, and give what it left undone to the others.

        Returns:
            The test it died of, which counts as done, or it would kill the next worker too; ``None`` where it had
            nothing left to do.
        """
        workload = self.assigned_work.pop(node)
        undone = (nodeid for unit in workload.values() for nodeid, done in unit.items() if not done)
        died_of = next(undone, None)
        if died_of is None:
            return None
        workload[self._split_scope(died_of)][died_of] = True
        self.workqueue.update({scope: unit for scope, unit in workload.items() if not all(unit.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return died_of

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Send a worker its next target; indexes come from a table, since a search for each is slow with many tests."""
        scope, unit = self.workqueue.popitem(last=False)
        self.assigned_work.setdefault(node, {})[scope] = unit
        positions = self._positions(node)
        node.send_runtest_some([positions[nodeid] for nodeid, done in unit.items() if not done])

    def _positions(self, node: WorkerController) -> dict[str, int]:
        collection = self.registered_collections[node]
        known = self.__dict__.setdefault("_positions_of", {})
        if known.get(node, (None,))[0] is not collection:
            known[node] = (collection, {nodeid: number for number, nodeid in enumerate(collection)})
        positions: dict[str, int] = known[node][1]
        return positions
