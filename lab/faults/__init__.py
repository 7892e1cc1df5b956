"""Faults that can be seeded on a lab node, by name."""

from lab.faults import (
    active,
    addresses,
    between,
    capacity,
    disks,
    kernel,
    misbehaviour,
    network,
    recovery,
    security,
    software,
    users,
)
from lab.faults.fault import PLANS, Fault

_AREAS = (
    kernel,
    security,
    network,
    addresses,
    software,
    users,
    capacity,
    disks,
    between,
    recovery,
    misbehaviour,
    active,
)

FAULTS = {fault.name: fault for area in _AREAS for fault in area.FAULTS}

__all__ = ["FAULTS", "PLANS", "Fault"]
