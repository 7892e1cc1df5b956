"""Faults of a node's size."""

from __future__ import annotations

from lab.faults.fault import Fault, edit, unreadable

_CPU = "preflight.capacity.cpu-cores"
_MEMORY = "preflight.capacity.memory"
_MODEL = "preflight.capacity.cpu-model"
_CLOCK = "preflight.capacity.cpu-clock"
_POWER = "preflight.capacity.cpu-power-saving"
_STOLEN = "preflight.capacity.cpu-overcommit"
_BALLOON = "preflight.capacity.memory-overcommit"
_OLD = "release-4.0"
_KUNPENG = ("kylin-v10-sp3-aarch64",)
_SCALING = "/sys/devices/system/cpu/cpu*/cpufreq"

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
    Fault(
        "cpu-other", _MODEL, "a processor of another maker", edit("/proc/cpuinfo", "s/0xd01/0xd0c/"), flavours=_KUNPENG
    ),
    Fault(
        "unreadable-cpu-model",
        _MODEL,
        "/proc/cpuinfo of a Kunpeng cannot be read",
        unreadable("/proc/cpuinfo"),
        breaks=True,
        flavours=_KUNPENG,
    ),
    Fault(
        "cpu-slow",
        _CLOCK,
        "processors of 2.1 GHz",
        f"for file in {_SCALING}/base_frequency; do echo 2100000 >$file; done",
        plan=_OLD,
    ),
    Fault(
        "unreadable-cpu-clock",
        _CLOCK,
        "nothing tells the processors' clock rate",
        f"rm {_SCALING}/base_frequency\n" + edit("/proc/cpuinfo", "s/ @ 2.60GHz//"),
        breaks=True,
        plan=_OLD,
    ),
    Fault(
        "cpu-saving",
        _POWER,
        "a processor saves power",
        "echo powersave >/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor",
        plan=_OLD,
    ),
    Fault(
        "unreadable-governors",
        _POWER,
        "a processor's governor cannot be read",
        unreadable("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor"),
        breaks=True,
        plan=_OLD,
        also=(_CLOCK,),
    ),
    Fault(
        "cpu-stolen",
        _STOLEN,
        "a tenth of the processors' time is stolen",
        edit("/proc/stat", r"s/^cpu  .*/cpu  12000 0 6000 900000 300 0 200 100000 0 0/"),
        plan=_OLD,
    ),
    Fault("unreadable-stat", _STOLEN, "/proc/stat cannot be read", unreadable("/proc/stat"), breaks=True, plan=_OLD),
    Fault(
        "memory-ballooned",
        _BALLOON,
        "the host has taken 1 GiB back",
        edit("/proc/vmstat", "s/^balloon_inflate .*/balloon_inflate 262144/"),
        plan=_OLD,
    ),
    Fault(
        "unreadable-balloon",
        _BALLOON,
        "the kernel counts no ballooned memory",
        edit("/proc/vmstat", "/^balloon_/d"),
        breaks=True,
        plan=_OLD,
    ),
)
