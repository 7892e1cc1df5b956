"""What the kernel seems to say in a node: texts that are mounted over files of /proc and /sys.

A namespace cannot change the kernel's release, its modules, or how many processors there are. So each node shows
files of its own in these places; they can be written like any other, which is how faults are seeded in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lab.flavours import LARGER_CPUS, LARGER_MEMORY_GIB

if TYPE_CHECKING:
    from lab.flavours import Flavour

FOLDER = "usr/lib/lab"
"""Where all that belongs to the lab is kept in a node, without the leading slash."""

_BY_FLAVOUR = (
    "/proc/sys/kernel/osrelease",
    "/proc/version",
    "/proc/cmdline",
    "/proc/modules",
    "/proc/swaps",
    "/proc/stat",
    "/proc/vmstat",
    "/sys/kernel/mm",
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
    """Give the files of a flavour's kernel and machine: path in the tree to content."""
    seen = {
        **kernel_files(flavour.kernel, flavour.build),
        "proc/cmdline": f"{flavour.parameters}\n",
        "proc/modules": "".join(f"{name} 16384 0 - Live 0x0000000000000000\n" for name in flavour.modules),
        "proc/swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
        "sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n",
        "sys/kernel/mm/transparent_hugepage/defrag": "always defer defer+madvise [madvise] never\n",
        "sys/kernel/mm/ksm/run": "0\n",
    }
    for name in flavour.modules:
        seen |= {f"sys/module/{name}/{key}": f"{value}\n" for key, value in _MODULE.items()}
    seen |= {f"sys/class/dmi/id/{key}": f"{value}\n" for key, value in _MACHINE.items()}
    # The kernel's own interfaces and the node's disks are shown in these two.
    seen |= {f"sys/class/{name}/.keep": "" for name in ("net", "block")}
    return {
        **{f"{FOLDER}/seen/{path}": content for path, content in seen.items()},
        **_module_files(flavour),
        **processor_files(flavour.cpus, flavour.machine),
        **processor_files(LARGER_CPUS, flavour.machine),
        **memory_files(flavour.memory_gib),
        **memory_files(LARGER_MEMORY_GIB),
        f"boot/vmlinuz-{flavour.kernel}": "",
    }


def _module_files(flavour: Flavour) -> dict[str, str]:
    """Give the lists of modules that the kernel's package brings, and of those that are loaded at boot."""
    folder = f"usr/lib/modules/{flavour.kernel}"
    suffix = flavour.module_suffix
    files = [f"kernel/{_MODULE_FOLDERS.get(name, 'drivers/misc')}/{name}{suffix}" for name in flavour.modules]
    tunnel = f"kernel/net/ipv4/tunnel4{suffix}"
    return {
        f"{folder}/modules.builtin": "kernel/fs/fuse/fuse.ko\nkernel/drivers/block/loop.ko\n",
        f"{folder}/modules.dep": "".join(f"{path}:\n" for path in (*files, tunnel))
        + f"kernel/net/ipv4/ipip{suffix}: {tunnel}\n",
        "etc/modules-load.d/acp.conf": "# What ACP needs\n" + "".join(f"{name}\n" for name in flavour.loaded_at_boot),
    }


_IPVS_FOLDER = "net/netfilter/ipvs"
_MODULE_FOLDERS = {
    **dict.fromkeys(("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh"), _IPVS_FOLDER),
    **dict.fromkeys(("nf_conntrack", "nf_nat", "nf_tables"), "net/netfilter"),
    **dict.fromkeys(("bridge", "br_netfilter"), "net/bridge"),
    **{name: f"fs/{folder}" for name, folder in (("overlay", "overlayfs"), ("xfs", "xfs"), ("ext4", "ext4"))},
    "nf_conntrack_ipv4": "net/ipv4/netfilter",
    "nf_conntrack_ipv6": "net/ipv6/netfilter",
    "geneve": "drivers/net",
    "openvswitch": "net/openvswitch",
}
_MODULE = {"initstate": "live", "refcnt": 0, "coresize": 16384}
_MACHINE = {
    "sys_vendor": "Lab",
    "product_name": "Namespace",
    "product_version": "1",
    "board_vendor": "Lab",
    "board_name": "Namespace",
    "chassis_vendor": "Lab",
    "chassis_type": "1",
    "bios_vendor": "Lab",
    "bios_version": "1.0",
    "bios_date": "01/02/2022",
}


def kernel_files(release: str, build: str) -> dict[str, str]:
    """Give the files that say which kernel runs: path below the folder of views to content."""
    return {
        "proc/sys/kernel/osrelease": f"{release}\n",
        "proc/version": f"Linux version {release} (builder@lab) (gcc (GCC) 8.5.0) {build}\n",
    }


def processor_files(cpus: int, machine: str) -> dict[str, str]:
    """Give the files of a machine with so many processors: path in the tree to content."""
    all_of_them = f"0-{cpus - 1}" if cpus > 1 else "0"
    processor = _arm64_processor if machine == "aarch64" else _x86_processor
    files = {
        "cpuinfo": "".join(processor(number, cpus) for number in range(cpus)),
        **{f"sys/{name}": f"{all_of_them}\n" for name in ("online", "possible", "present")},
        "sys/offline": "\n",
    }
    for number in range(cpus):
        texts = {
            "online": "1",
            "topology/core_id": number,
            "topology/physical_package_id": 0,
            "topology/thread_siblings": f"{1 << number:x}",
            "topology/thread_siblings_list": number,
            "topology/core_siblings": f"{(1 << cpus) - 1:x}",
            "topology/core_siblings_list": all_of_them,
            "cpufreq/scaling_governor": "performance",
            "cpufreq/cpuinfo_max_freq": _CLOCK_MHZ * 1000,
        }
        if machine == "x86_64":
            # Only Intel's driver has it.
            texts["cpufreq/base_frequency"] = _CLOCK_MHZ * 1000
        files |= {f"sys/cpu{number}/{name}": f"{text}\n" for name, text in texts.items()}
    return {f"{FOLDER}/cpus/{cpus}/{path}": content for path, content in files.items()}


def _x86_processor(number: int, cpus: int) -> str:
    values = {
        "processor": number,
        "vendor_id": "GenuineIntel",
        "cpu family": 6,
        "model": 106,
        "model name": "Intel(R) Xeon(R) Gold 6348 CPU @ 2.60GHz",
        "stepping": 6,
        "cpu MHz": f"{_CLOCK_MHZ}.000",
        "cache size": "43008 KB",
        "physical id": 0,
        "siblings": cpus,
        "core id": number,
        "cpu cores": cpus,
        "flags": "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat sse sse2 ht syscall nx lm avx avx2",
        "bogomips": f"{_CLOCK_MHZ * 2}.00",
    }
    return "".join(f"{key}\t: {value}\n" for key, value in values.items()) + "\n"


def _arm64_processor(number: int, _cpus: int) -> str:
    """Give what the kernel says of one of Kunpeng 920's: numbers, and no model's name."""
    return (
        f"processor\t: {number}\nBogoMIPS\t: 200.00\n"
        "Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma dcpop\n"
        "CPU implementer\t: 0x48\nCPU architecture: 8\nCPU variant\t: 0x1\nCPU part\t: 0xd01\nCPU revision\t: 0\n\n"
    )


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


def load_files(cpus: int) -> dict[str, str]:
    """Give the files that count what this machine does: a node has the same age, and nobody takes anything from it.

    They stand still: between two readings nothing was done.
    """
    machine = Path("/proc/stat").read_text(encoding="ascii")
    born = next(line for line in machine.splitlines() if line.startswith("btime "))
    # user, nice, system, idle, waiting for disks, interrupts (two), stolen by the hypervisor, guests (two)
    one = (12000, 0, 6000, 900000, 300, 0, 200, 0, 0, 0)
    rows = [("cpu ", [count * cpus for count in one]), *((f"cpu{number}", one) for number in range(cpus))]
    processors = "".join(f"{name} {' '.join(map(str, counts))}\n" for name, counts in rows)
    others = f"intr 100000\nctxt 200000\n{born}\nprocesses 5000\nprocs_running 1\nprocs_blocked 0\n"
    counters = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    usual = [line for line in counters if not line.startswith("balloon_")]
    balloon = [f"balloon_{name} 0" for name in ("inflate", "deflate", "migrate")]
    return {
        f"{FOLDER}/seen/proc/stat": processors + others,
        f"{FOLDER}/seen/proc/vmstat": "".join(f"{line}\n" for line in (*usual, *balloon)),
    }
