"""How a process becomes a node: its root, what the kernel seems to say in it, and its first program."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from lab import cgroups, namespaces
from lab.networks import hardware_address
from lab.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.plan import LabPlan, NodeFile, NodePlan

_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
_KERNEL_LOG = (1, 11)
_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
_OF_THIS_MACHINE = ("/sys/class/net",)
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def build_root(node: NodePlan, shared: Iterable[NodeFile], place: Path) -> None:
    """Make the node's root in a folder, and move this process into it."""
    (_, source, size), *volumes = node.mounts
    place.mkdir()
    namespaces.mount("tmpfs", place, f"mode=755,size={size}g")
    root = place / "root"
    for name in ("upper", "work", "root"):
        (place / name).mkdir()
    options = f"lowerdir={':'.join(node.layers)},upperdir={place}/upper,workdir={place}/work"
    namespaces.mount("overlay", root, options, source=source)
    for where, device, gib in volumes:
        (root / where[1:]).mkdir(parents=True, exist_ok=True)
        namespaces.mount("tmpfs", root / where[1:], f"mode=755,size={gib}g", source=device)
    write_files(root, [*shared, *node.files])
    for path, target in node.links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).unlink(missing_ok=True)
        (root / path).symlink_to(target)
    _mount_kernel(root)
    if node.control_group:
        cgroups.show(root / "sys" / "fs" / "cgroup")
    _make_devices(root / "dev", node)
    namespaces.make_root(root)
    socket.sethostname(node.hostname)
    _protect_the_machine()
    _show(node.views)


def write_files(root: Path, files: Iterable[NodeFile]) -> None:
    """Write a node's files below its root."""
    for path, content, mode, owner, group in files:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # Opened with its mode: a key is never readable for others, not even for a moment.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor has no path
            stream.write(content)
            os.fchown(descriptor, owner, group)


def _mount_kernel(root: Path) -> None:
    guarded = namespaces.NO_SUID | namespaces.NO_DEVICES | namespaces.NO_EXECUTION
    namespaces.mount("proc", root / "proc", flags=guarded)
    namespaces.mount("sysfs", root / "sys", flags=guarded | namespaces.READ_ONLY)
    namespaces.mount("tmpfs", root / "run", "mode=755", flags=namespaces.NO_SUID | namespaces.NO_DEVICES)
    (root / "run" / "sshd").mkdir(mode=0o755)


def _make_devices(dev: Path, node: NodePlan) -> None:
    """Make the usual devices, and the node's disks, which cannot be opened: it cannot reach those of this machine."""
    namespaces.mount("tmpfs", dev, "mode=755", flags=namespaces.NO_SUID)
    for name, (major, minor) in _DEVICES.items():
        os.mknod(dev / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        (dev / name).chmod(0o666)
    for name, target in _LINKS.items():
        (dev / name).symlink_to(target)
    for name, (major, minor) in node.devices.items():
        os.mknod(dev / name, stat.S_IFBLK | 0o660, os.makedev(major, minor))
    (dev / "mapper").mkdir()
    for path, target in node.device_links.items():
        (dev / path).symlink_to(target)
    if node.control_group:
        os.mknod(dev / "kmsg", stat.S_IFCHR | 0o600, os.makedev(*_KERNEL_LOG))
    (dev / "pts").mkdir()
    (dev / "shm").mkdir()
    namespaces.mount("devpts", dev / "pts", "newinstance,ptmxmode=0666,mode=620,gid=5")
    namespaces.mount("tmpfs", dev / "shm", "mode=1777")


def _protect_the_machine() -> None:
    """Keep what has no namespace of its own from being changed in a node: sysctls, modules, the clock."""
    namespaces.bind("/proc/sys", "/proc/sys", read_only=True)
    for own in ("/proc/sys/net", "/proc/sys/kernel/hostname"):
        namespaces.bind(own, own, read_only=False)
    if Path("/proc/sysrq-trigger").exists():
        namespaces.bind("/dev/null", "/proc/sysrq-trigger")
    namespaces.give_up_capability(namespaces.LOAD_MODULES)
    namespaces.give_up_capability(namespaces.SET_TIME)


def _show(views: dict[str, str]) -> None:
    """Mount the node's own texts over the kernel's; where this machine's kernel has no such file, there is none."""
    held = {place: os.open(place, os.O_PATH) for place in _OF_THIS_MACHINE}
    for place, source in views.items():
        if Path(place).exists():
            namespaces.bind(source, place)
    for place, descriptor in held.items():
        namespaces.bind(f"/proc/self/fd/{descriptor}", place)
        os.close(descriptor)


def connect(node: NodePlan, plan: LabPlan) -> None:
    """Set up the node's interfaces, of which the supervisor has made the outer one."""
    words = [
        "link set lo up",
        f"address add {node.address}/{plan.prefix_length} dev eth0",
        "link set eth0 up",
        f"route add default via {plan.gateway}",
        # Not asked for: the kernel keeps a thousand answers for the networks of all labs together.
        f"neighbor add {plan.gateway} lladdr {hardware_address(plan.gateway)} dev eth0 nud permanent",
    ]
    run("ip", "-batch", "-", given="\n".join([*words, ""]))


def become_init() -> None:
    """Run the node's first program in place of this one."""
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.execve("/usr/lib/lab/init", ["init"], _ENVIRONMENT)  # noqa: S606 - no shell is wanted
