"""Networks of labs, 10.213.1.0/24 to 10.213.254.0/24: a lab claims one, and its folder on this machine with it.

A claim is a socket of that name in the kernel's own name space (abstract): it belongs to the network namespace whose
addresses it stands for, only one process can have it, and it ends with the process whatever ends that. Who listens
there is the process that the lab belongs to. So there is no lock file that could be left behind.
"""

from __future__ import annotations

import errno
import shutil
import socket
import struct
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from lab.programs import LabError

NUMBERS = range(1, 255)
_RUNNING = Path("/run/acp-lab")
_CREDENTIALS = struct.Struct("iII")


def folder_of(number: int) -> Path:
    """Give the folder of the lab in a network."""
    return _RUNNING / str(number)


def prefix_of(number: int) -> str:
    """Give the first three numbers of a network's addresses."""
    return f"10.213.{number}"


def _name(number: int) -> str:
    return f"\0acp-lab/{number}"


def claim_network() -> tuple[int, socket.socket]:
    """Take a free network and its folder, which is empty.

    Raises:
        LabError: none is free.
    """
    taken = _routed()
    for number in NUMBERS:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(_name(number))
        except OSError as error:
            claim.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        if number in taken:
            claim.close()
            continue
        _remove(number)
        folder_of(number).mkdir(mode=0o700, parents=True)
        return number, claim
    raise LabError("all networks of labs are in use; python -m lab list shows the labs, python -m lab down ends them")


def sweep() -> None:
    """Remove folders that no lab has any more: their supervisor was killed before it could."""
    for number in folders():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as claim:
            try:
                claim.bind(_name(number))
            except OSError:
                continue
            _remove(number)


def folders() -> list[int]:
    """Give the networks that have a folder."""
    return sorted(int(path.name) for path in _RUNNING.glob("*")) if _RUNNING.is_dir() else []


def supervisor_of(number: int) -> int | None:
    """Give the id of the process that the lab in a network belongs to; ``None`` where there is no lab."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(_name(number))
            credentials = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return None
    process, user, _group = _CREDENTIALS.unpack(credentials)
    # Anyone can take the name; labs are root's.
    return process if user == 0 else None


def _remove(number: int) -> None:
    shutil.rmtree(folder_of(number), ignore_errors=True)


def _routed() -> set[int]:
    """Give the numbers of networks that this machine already has a route into."""
    numbers = set()
    for line in Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]:
        _interface, destination, *_ = line.split()
        address = IPv4Address(int.from_bytes(bytes.fromhex(destination), "little"))
        if address in IPv4Network("10.213.0.0/16"):
            numbers.add(address.packed[2])
    return numbers
