"""What the kernel seems to say in a node: texts that are mounted over files of /proc and /sys.

A namespace cannot change the kernel's release, its modules, or how many processors there are. So each node shows
files of its own in these places; they can be written like any other, which is how faults are seeded in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.flavours import Flavour

FOLDER = "usr/lib/lab"
"""Where all that belongs to the lab is kept in a node, without the leading slash."""

CPUS, MEMORY_GIB = 16, 32
"""The machine that a node is unless it is said to be another."""

_BY_FLAVOUR = (
    "/proc/sys/kernel/osrelease",
    "/proc/version",
    "/proc/cmdline",
    "/proc/modules",
    "/proc/swaps",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/module",
    "/sys/class",
)
_CLOCK_MHZ = 2600
_NOT_COUNTED = 0.97
"""A machine reports some 3 % less memory than is built in: what the kernel keeps for itself."""


def views(cpus: int, memory_gib: int) -> dict[str, str]:
    """Give the files and folders that are mounted over the kernel's own: place to source, both as paths in the node."""
    return {
        **{place: f"/{FOLDER}/seen{place}" for place in _BY_FLAVOUR},
        "/proc/cpuinfo": f"/{FOLDER}/cpus/{cpus}/cpuinfo",
        "/sys/devices/system/cpu": f"/{FOLDER}/cpus/{cpus}/sys",
        "/proc/meminfo": f"/{FOLDER}/memory/{memory_gib}",
    }


def flavour_files(flavour: Flavour) -> dict[str, str]:
    """Give the files of a flavour's view: path in the tree to content."""
    seen = {
        **kernel_files(flavour.kernel, flavour.build),
        "proc/cmdline": f"{flavour.parameters}\n",
        "proc/modules": "".join(f"{name} 16384 0 - Live 0x0000000000000000\n" for name in flavour.modules),
        "proc/swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
        "sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n",
    }
    for name in flavour.modules:
        seen |= {f"sys/module/{name}/{key}": f"{value}\n" for key, value in _MODULE.items()}
    seen |= {f"sys/class/dmi/id/{key}": f"{value}\n" for key, value in _MACHINE.items()}
    # The kernel's own interfaces and disks are shown in these two.
    seen |= {f"sys/class/{name}/.keep": "" for name in ("net", "block")}
    files = {f"{FOLDER}/seen/{path}": content for path, content in seen.items()}
    return {**files, **processor_files(CPUS), **memory_files(MEMORY_GIB)}


_MODULE = {"initstate": "live", "refcnt": 0, "coresize": 16384}
_MACHINE = {"sys_vendor": "Lab", "product_name": "Namespace", "chassis_vendor": "Lab", "bios_version": "1.0"}


def kernel_files(release: str, build: str) -> dict[str, str]:
    """Give the files that say which kernel runs: path below the folder of views to content."""
    return {
        "proc/sys/kernel/osrelease": f"{release}\n",
        "proc/version": f"Linux version {release} (builder@lab) (gcc (GCC) 8.5.0) {build}\n",
    }


def processor_files(cpus: int) -> dict[str, str]:
    """Give the files of a machine with so many processors: path in the tree to content."""
    all_of_them = f"0-{cpus - 1}" if cpus > 1 else "0"
    files = {
        "cpuinfo": "".join(map(_processor, range(cpus))),
        **{f"sys/{name}": f"{all_of_them}\n" for name in ("online", "possible", "present")},
        "sys/offline": "\n",
    }
    for number in range(cpus):
        folder = f"sys/cpu{number}"
        files[f"{folder}/online"] = "1\n"
        files[f"{folder}/topology/core_id"] = f"{number}\n"
        files[f"{folder}/topology/physical_package_id"] = "0\n"
        files[f"{folder}/cpufreq/scaling_governor"] = "performance\n"
        files[f"{folder}/cpufreq/cpuinfo_max_freq"] = f"{_CLOCK_MHZ * 1000}\n"
    return {f"{FOLDER}/cpus/{cpus}/{path}": content for path, content in files.items()}


def _processor(number: int) -> str:
    values = {
        "processor": number,
        "vendor_id": "GenuineIntel",
        "cpu family": 6,
        "model": 106,
        "model name": "Intel(R) Xeon(R) Gold 6338 CPU @ 2.60GHz",
        "stepping": 6,
        "cpu MHz": f"{_CLOCK_MHZ}.000",
        "cache size": "49152 KB",
        "physical id": 0,
        "core id": number,
        "cpu cores": 1,
        "flags": "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat sse sse2 ht syscall nx lm avx avx2",
        "bogomips": f"{_CLOCK_MHZ * 2}.00",
    }
    return "".join(f"{key}\t: {value}\n" for key, value in values.items()) + "\n"


def memory_files(gib: int) -> dict[str, str]:
    """Give the file of a machine with so much memory: path in the tree to content."""
    total = int(gib * 2**20 * _NOT_COUNTED)
    values = {
        "MemTotal": total,
        "MemFree": total * 8 // 10,
        "MemAvailable": total * 9 // 10,
        "Buffers": total // 100,
        "Cached": total // 10,
        "SwapCached": 0,
        "SwapTotal": 0,
        "SwapFree": 0,
        "AnonHugePages": 0,
    }
    text = "".join(f"{key + ':':<16}{value:>8} kB\n" for key, value in values.items())
    return {f"{FOLDER}/memory/{gib}": text}
