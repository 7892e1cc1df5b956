"""Faults that can be seeded on a pair, by name; ``python -m lab.pair`` lists them.

Those of one platform can be seeded on each side as well: ``pair.standby.fault("pod-crashes")``. Not here, since they
are how a pair is made or its inventory written: another release of Kubernetes (``Pair(standby_kubernetes=...)``),
nodes that are called by their addresses (``Pair(named_by_address=True)``), kubeconfigs that were exchanged
(``write_inventory(swapped=True)``).
"""

from lab.pair.faults import operators, parity, sides, sync, ways
from lab.pair.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault for area in (parity, operators, ways, sync, sides) for fault in area.FAULTS
}

__all__ = ["FAULTS", "Fault"]
