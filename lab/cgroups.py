"""Control groups of nodes that run containers: each such node has one, which it takes for the root of all.

The kernel keeps control groups when their processes end, so they are removed by name: those of a lab are below one
group, in every hierarchy. Version 1 (a hierarchy for each controller) and version 2 (one for all) are both served.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab import namespaces
from lab.programs import LabError

_ROOT = Path("/sys/fs/cgroup")
_OPTIONS_OF_MOUNTS = {"rw", "ro", "relatime", "nosuid", "nodev", "noexec", "xattr", "clone_children"}
_END_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_JOIN = 'while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift; exec "$@"'
_OWN = "init"
"""In version 2 a group with controllers for others has no processes itself: a node's own are in this one."""


@dataclass(frozen=True)
class _Hierarchy:
    """A mounted tree of groups.

    Attributes:
        place: where it is mounted.
        options: its controllers, or its name, as mount takes them; empty for version 2.
    """

    place: Path
    options: str


def name_of(lab_folder: str) -> str:
    """Give the name of the group that all groups of a lab are below, by the lab's folder."""
    return f"acp-lab-{Path(lab_folder).name}"


def enter(group: str) -> None:
    """Make a group and move this process into it; children follow, and are to take it for the root of all.

    Raises:
        LabError: this machine has no control groups.
        OSError: the kernel refuses.
    """
    if not _hierarchies():
        raise LabError(f"containers need control groups, and none are mounted below {_ROOT}")
    for hierarchy in _hierarchies():
        folder = hierarchy.place
        for part in Path(group).parts:
            if not hierarchy.options:
                _give_controllers(folder)
            folder /= part
            folder.mkdir(exist_ok=True)
            if "cpuset" in hierarchy.options.split(","):
                _inherit_processors(folder)
        (folder / "cgroup.procs").write_text("0", encoding="ascii")


def joining(group: str) -> list[str]:
    """Give the words before a command by which it runs in a group that there is, as one of the node's own processes."""
    places = []
    for hierarchy in _hierarchies():
        folder = hierarchy.place / group
        places.append(str((folder if hierarchy.options else folder / _OWN) / "cgroup.procs"))
    return ["sh", "-c", _JOIN, "join", *places, "--"]


def show(target: Path) -> None:
    """Mount the groups in a node, whose own is the root there; this process has a cgroup namespace of its own."""
    namespaces.mount("tmpfs", target, "mode=755")
    for hierarchy in _hierarchies():
        if not hierarchy.options:
            namespaces.mount("cgroup2", target)
            (target / _OWN).mkdir()
            (target / _OWN / "cgroup.procs").write_text("0", encoding="ascii")
            _give_controllers(target)
            continue
        place = target / hierarchy.place.name
        place.mkdir()
        namespaces.mount("cgroup", place, hierarchy.options)


def remove(group: str) -> None:
    """Remove a group and all below it; their processes have ended, or are ending."""
    patience = time.monotonic() + _END_SECONDS
    for hierarchy in _hierarchies():
        while (hierarchy.place / group).is_dir():
            for folder, _, _ in os.walk(hierarchy.place / group, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()
            if time.monotonic() > patience:
                return
            if (hierarchy.place / group).is_dir():
                time.sleep(_LOOK_SECONDS)


def _hierarchies() -> list[_Hierarchy]:
    """Give the hierarchies of version 1, or the one of version 2 where there is no other."""
    first, second = [], []
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, options, *_ = line.split()
        if Path(place) != _ROOT and Path(place).parent != _ROOT:
            continue
        if kind == "cgroup":
            wanted = [word for word in options.split(",") if word not in _OPTIONS_OF_MOUNTS and "agent=" not in word]
            named = [word for word in wanted if word.startswith("name=")]
            first.append(_Hierarchy(Path(place), ",".join(["none", *named] if named else wanted)))
        elif kind == "cgroup2" and Path(place) == _ROOT:
            second.append(_Hierarchy(Path(place), ""))
    return first or second


def _inherit_processors(folder: Path) -> None:
    """Give a new group its parent's processors and memory nodes: without them it takes no process."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not (folder / name).read_text(encoding="ascii").strip():
            (folder / name).write_text((folder.parent / name).read_text(encoding="ascii"), encoding="ascii")


def _give_controllers(folder: Path) -> None:
    """Let groups below one of version 2 use all of its controllers."""
    for controller in (folder / "cgroup.controllers").read_text(encoding="ascii").split():
        with suppress(OSError):
            (folder / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
