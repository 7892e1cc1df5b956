"""The kernel's own words for what a node is made of: namespaces, mounts, and whom a process dies with.

Python has some of these from 3.12 on; here they are called in the C library.
"""

from __future__ import annotations

import ctypes
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NEW_MOUNTS = 0x00020000
NEW_CONTROL_GROUPS = 0x02000000
NEW_HOSTNAME = 0x04000000
NEW_IPC = 0x08000000
NEW_PROCESSES = 0x20000000
NEW_NETWORK = 0x40000000

READ_ONLY = 0x1
NO_SUID = 0x2
NO_DEVICES = 0x4
NO_EXECUTION = 0x8
_REMOUNT = 0x20
_BIND = 0x1000
_RECURSIVE = 0x4000
_PRIVATE = 0x40000
_DETACH = 0x2

_SET_DEATH_SIGNAL = 1
_DROP_CAPABILITY = 24
LOAD_MODULES = 16
SET_TIME = 25

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(namespaces: int) -> None:
    """Leave the namespaces shared with the parent; for :data:`NEW_PROCESSES` it is the next child that does."""
    _checked(_libc.unshare(namespaces), "unshare")


def enter(namespace: int, kind: int) -> None:
    """Enter the namespace of an open file of /proc/PID/ns."""
    _checked(_libc.setns(namespace, kind), "setns")


def mount(kind: str, target: Path | str, options: str = "", flags: int = 0, source: str = "") -> None:
    """Mount a new file system; ``source`` is what shows as its device."""
    device, place, text = (source or kind).encode(), os.fsencode(target), options.encode()
    _checked(_libc.mount(device, place, kind.encode(), ctypes.c_ulong(flags), text), f"mount {kind} on {target}")


def bind(source: Path | str, target: Path | str, *, read_only: bool | None = None) -> None:
    """Show a file or folder in another place; ``read_only`` sets that for this place alone."""
    where = os.fsencode(target)
    result = _libc.mount(os.fsencode(source), where, None, ctypes.c_ulong(_BIND), None)
    _checked(result, f"bind {source} on {target}")
    if read_only is not None:
        flags = _BIND | _REMOUNT | (READ_ONLY if read_only else 0)
        _checked(_libc.mount(None, where, None, ctypes.c_ulong(flags), None), f"remount {target}")


def keep_mounts_private() -> None:
    """Let no mount made from here on show in the namespace this one was copied from."""
    _checked(_libc.mount(None, b"/", None, ctypes.c_ulong(_RECURSIVE | _PRIVATE), None), "make mounts private")


def detach(target: Path | str) -> None:
    """Unmount, also what is in use."""
    _checked(_libc.umount2(os.fsencode(target), _DETACH), f"unmount {target}")


def make_root(folder: Path) -> None:
    """Make a mounted folder the root of this mount namespace, and leave the old root behind."""
    os.chdir(folder)
    # Both places the same: the new root lies over the old one, which is then unmounted.
    _checked(_libc.pivot_root(b".", b"."), "pivot_root")
    detach(".")
    os.chdir("/")


def die_with_parent() -> None:
    """Be killed when the parent ends, whatever ends it."""
    _checked(_libc.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0), "prctl")


def give_up_capability(capability: int) -> None:
    """Let no program started from here on have a right of root's."""
    _checked(_libc.prctl(_DROP_CAPABILITY, capability, 0, 0, 0), "prctl")
