"""systemd's units on a node: what runs, and what a reboot would start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acp_acceptance.model.sections import Section

UNITS = (
    "firewalld.service",
    "ufw.service",
    "nftables.service",
    "iptables.service",
    "ip6tables.service",
    "netfilter-persistent.service",
    "apparmor.service",
    "systemd-resolved.service",
    "kubelet.service",
)
"""The units that are asked for."""

_AT_BOOT = {"enabled", "enabled-runtime", "alias", "linked", "linked-runtime", "generated"}


@dataclass(frozen=True)
class Unit:
    """A unit of systemd.

    Attributes:
        active: it runs, or is about to.
        at_boot: a reboot starts it.
    """

    active: bool
    at_boot: bool


@dataclass(frozen=True)
class Services:
    """The units of :data:`UNITS`; those that are not installed are neither active nor started at boot."""

    units: dict[str, Unit]

    def active(self, names: Iterable[str]) -> list[str]:
        """Give those of the services (without ``.service``) that run.

        Raises:
            CollectionError: one of them was not asked for.
        """
        return [name for name in names if self._unit(name).active]

    def at_boot(self, names: Iterable[str]) -> list[str]:
        """Give those of the services that a reboot starts.

        Raises:
            CollectionError: one of them was not asked for.
        """
        return [name for name in names if self._unit(name).at_boot]

    def _unit(self, name: str) -> Unit:
        unit = self.units.get(f"{name}.service")
        if unit is None:
            raise CollectionError(f"the node was not asked for the service {name}", kind="not-collected")
        return unit


def parse_services(section: Section) -> Services:
    """Read ``systemctl show``: a block of properties for each unit.

    Raises:
        CollectionError: systemctl is not there or does not answer for all units.
    """
    units = {}
    for block in re.split(r"\n\s*\n", section.text("systemctl").strip()):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        state = values.get("ActiveState", "")
        if values.get("Id") and state:
            unit = Unit(
                state.strip() in {"active", "activating", "reloading"},
                values.get("UnitFileState", "").strip() in _AT_BOOT,
            )
            # Asked for another name of a unit (iptables is one of netfilter-persistent), it says the unit's own.
            units.update(dict.fromkeys([values["Id"].strip(), *values.get("Names", "").split()], unit))
    unsaid = [name for name in UNITS if name not in units]
    if unsaid:
        raise CollectionError(f"systemctl says nothing of {', '.join(unsaid)}", kind="unparsable")
    return Services(units)


@dataclass(frozen=True)
class TasksMax:
    """systemd's DefaultTasksMax; ``None`` is infinity."""

    limit: int | None

    def allows(self, tasks: int | str) -> bool:
        """Tell whether so many tasks are allowed; ``infinity`` is allowed by itself only."""
        return self.limit is None or (isinstance(tasks, int) and self.limit >= tasks)


_INFINITY = 2**64 - 1


def parse_tasks(section: Section) -> TasksMax:
    """Read DefaultTasksMax; old versions print infinity as the greatest number of 64 bits.

    Raises:
        CollectionError: systemctl does not say it.
    """
    value = section.text("systemctl").strip().rpartition("=")[2]
    if value == "infinity":
        return TasksMax(None)
    if not (value.isascii() and value.isdigit()):
        raise CollectionError("systemctl does not say DefaultTasksMax", kind="unparsable")
    return TasksMax(None if int(value) >= _INFINITY else int(value))
