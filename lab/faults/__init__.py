"""Faults that can be seeded on a lab node, by name."""

from lab.faults import active, between, capacity, kernel, misbehaviour, network, software, users
from lab.faults.fault import Fault

_AREAS = (kernel, network, software, users, capacity, between, misbehaviour, active)

FAULTS = {fault.name: fault for area in _AREAS for fault in area.FAULTS}

__all__ = ["FAULTS", "Fault"]
