"""Faults of a node's size."""

from __future__ import annotations

from lab.faults.fault import Fault, edit, unreadable

_CPU = "preflight.capacity.cpu-cores"
_MEMORY = "preflight.capacity.memory"

_FOUR = (
    edit("/proc/cpuinfo", "/^processor.*: 4$/,$d")
    + "\nfor file in online present possible; do echo 0-3 >/sys/devices/system/cpu/$file; done"
    + "\nrm -r $(ls -d /sys/devices/system/cpu/cpu[0-9]* | grep -v '/cpu[0-3]$')"
)

FAULTS = (
    Fault("cpu-4", _CPU, "four processors", _FOUR),
    Fault("unreadable-cpuinfo", _CPU, "/proc/cpuinfo cannot be read", unreadable("/proc/cpuinfo"), breaks=True),
    Fault("memory-8", _MEMORY, "8 GiB of memory", edit("/proc/meminfo", "s/^MemTotal:.*/MemTotal:        8136966 kB/")),
    Fault("unreadable-meminfo", _MEMORY, "/proc/meminfo cannot be read", unreadable("/proc/meminfo"), breaks=True),
)
