"""The nodes of the demo: five, with a handful of different faults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.flavours import FLAVOURS, LARGER_CPUS, LARGER_MEMORY_GIB
from lab.nodes import NodeSpec
from lab.site import Lab

if TYPE_CHECKING:
    from collections.abc import Mapping

UBUNTU, RED_HAT = "ubuntu-22.04", "rhel-8.6"


def usual_nodes(count: int, flavour: str | None = None) -> list[NodeSpec]:
    """Give healthy nodes: up to three for the control plane, of which the first is the installer, the rest workers.

    They are Ubuntu and Red Hat in turn, unless ``flavour`` is said. They meet what every release of ACP asks for and
    advises where the platform manages ten clusters.
    """
    control_plane = min(3, count)
    specs = []
    for number in range(count):
        system = flavour or (UBUNTU, RED_HAT)[number % 2]
        if number < control_plane:
            roles: tuple[str, ...] = ("control_plane", "installer") if number == 0 else ("control_plane",)
            specs.append(NodeSpec(f"cp-{number + 1}", system, roles))
        else:
            cpus = max(FLAVOURS[system].cpus, LARGER_CPUS)
            memory = max(FLAVOURS[system].memory_gib, LARGER_MEMORY_GIB)
            name = f"worker-{number - control_plane + 1}"
            specs.append(NodeSpec(name, system, ("worker",), cpus=cpus, memory_gib=memory))
    return specs


DEMO_FAULTS = {
    "cp-2": ("swap-on", "swap-in-fstab"),
    "cp-3": ("sshd-use-pam", "clock-ahead-60"),
    "worker-1": ("package-docker-ce", "port-10250-taken"),
    "worker-2": ("thp-boot-missing", "unreadable-resolv-conf"),
}
"""Faults of the demo, by node of :func:`usual_nodes`."""


def demo_lab(name: str = "demo") -> Lab:
    """Give the demo's lab; it starts with ``with``."""
    return Lab(with_faults(usual_nodes(5), DEMO_FAULTS), name=name)


def with_faults(specs: list[NodeSpec], faults: Mapping[str, tuple[str, ...]]) -> list[NodeSpec]:
    """Give the nodes with faults added, by their names."""
    return [replace(spec, faults=(*spec.faults, *faults.get(spec.name, ()))) for spec in specs]
