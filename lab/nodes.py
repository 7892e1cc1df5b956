"""A node of a lab: what is wanted, and what runs."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import cgroups
from lab.disks import USUAL, Disks
from lab.faults import FAULTS
from lab.flavours import FLAVOURS, Flavour
from lab.programs import ENVIRONMENT, LabError

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = ("dash", "bash", "busybox")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class NodeSpec:
    """A node that is wanted.

    Attributes:
        name: its name in the inventory, and its host name unless ``hostname`` is another.
        flavour: of :data:`lab.FLAVOURS`.
        roles: its Ansible groups (``control_plane``, ``worker``, ``installer``).
        faults: of :data:`lab.FAULTS`, seeded before the lab is handed over.
        shell_program: what /bin/sh is: ``dash``, ``bash`` or ``busybox`` (then the usual commands are busybox's, too);
            the flavour's own unless said.
        cpus: how many processors it shows; the flavour's usual number unless said.
        memory_gib: how much memory it shows, less what a kernel keeps for itself; the flavour's usual unless said.
        hostname: another host name.
        kernel: another kernel release.
        disks: its disks and file systems; the usual ones of its role unless said.
        with_client_key: its root has the lab's key, and reaches the other nodes with it.
        layers: folders that are laid over the flavour's, topmost first.
        containers: it can run them: it has control groups of its own, and reads this machine's kernel log.
    """

    name: str
    flavour: str = "ubuntu-22.04"
    roles: tuple[str, ...] = ("control_plane",)
    faults: tuple[str, ...] = ()
    shell_program: str | None = None
    cpus: int | None = None
    memory_gib: int | None = None
    hostname: str | None = None
    kernel: str | None = None
    disks: Disks | None = None
    with_client_key: bool = False
    layers: tuple[Path, ...] = ()
    containers: bool = False

    @property
    def system(self) -> Flavour:
        """The flavour's data."""
        return FLAVOURS[self.flavour]

    @property
    def processors(self) -> int:
        """How many processors it shows."""
        return self.cpus or self.system.cpus

    @property
    def memory(self) -> int:
        """How much memory is built in, in GiB."""
        return self.memory_gib or self.system.memory_gib

    @property
    def usual_disks(self) -> str:
        """The name of the usual disks of its role; empty where it has others."""
        if self.disks:
            return ""
        return "control_plane" if "control_plane" in self.roles else "worker"

    @property
    def layout(self) -> Disks:
        """Its disks and file systems."""
        return self.disks or USUAL[self.usual_disks]

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            LabError: a name is unknown; says which there are.
        """
        if not _NAME.fullmatch(self.name):
            raise LabError(f"{self.name!r} cannot be a node's name: letters, digits, '.', '_' and '-', at most 63")
        if self.flavour not in FLAVOURS:
            raise LabError(f"there is no flavour {self.flavour}; there are {', '.join(FLAVOURS)}")
        if self.shell_program not in (None, *SHELLS):
            raise LabError(f"there is no shell {self.shell_program}; there are {', '.join(SHELLS)}")
        if problem := self.layout.problem():
            raise LabError(f"disks of {self.name}: {problem}")
        for name in self.faults:
            check_fault(name, self)


def check_fault(name: str, spec: NodeSpec) -> None:
    """Refuse a fault that there is not, or not for this node.

    Raises:
        LabError: with the reason.
    """
    if name not in FAULTS:
        raise LabError(f"there is no fault {name}; python -m lab faults lists them")
    flavours = FAULTS[name].flavours
    if flavours and spec.flavour not in flavours:
        raise LabError(f"fault {name} is for {', '.join(flavours)}, and {spec.name} is {spec.flavour}")


@dataclass(frozen=True)
class LabNode:
    """A running node.

    Attributes:
        spec: what was wanted.
        address: IPv4.
        pid: its first process, as this machine numbers it.
        control_group: of its processes, where it runs containers.
    """

    spec: NodeSpec
    address: str
    pid: int
    control_group: str = ""

    def run(self, command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the node, as root, without SSH.

        Raises:
            subprocess.TimeoutExpired: it, or what it started and left with its output, took too long.
        """
        argv = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "sh", "-c", command]
        if self.control_group:
            argv = [*cgroups.joining(self.control_group), argv[0], "--cgroup", *argv[1:]]
        return subprocess.run(
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            # A folder that both sides have.
            cwd="/",
            env=ENVIRONMENT,
        )

    def apply(self, fault: str) -> None:
        """Seed a fault now.

        Raises:
            LabError: there is no such fault for this node, or it could not be seeded.
        """
        check_fault(fault, self.spec)
        done = self.run(f"set -e\n{FAULTS[fault].script}")
        if done.returncode:
            raise LabError(f"fault {fault} on {self.spec.name}: {(done.stderr or done.stdout).strip()}")
