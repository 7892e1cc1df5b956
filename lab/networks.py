"""Networks of labs: a lab claims one, and its folder on this machine with it.

Usual ones are 10.213.1.0/24 to 10.213.254.0/24; for labs of more nodes there are 10.214.0.0/20 to 10.214.240.0/20.

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
from itertools import islice
from pathlib import Path

from lab import cgroups
from lab.programs import LabError

_USUAL, _LARGE = range(1, 255), range(256, 272)
_FIRST_HOST = 2
USUAL_NODES, MOST_NODES = 240, 1000
"""What a usual network holds, and a large one: a bridge has not many more ports."""
RUNNING = Path("/run/acp-lab")
"""Where the folders of labs are that run."""
_BLOCK = 256
_CREDENTIALS = struct.Struct("iII")


def folder_of(number: int) -> Path:
    """Give the folder of the lab in a network."""
    return RUNNING / str(number)


def network_of(number: int) -> IPv4Network:
    """Give a network by its number."""
    if number in _USUAL:
        return IPv4Network(f"10.213.{number}.0/24")
    return IPv4Network(f"10.214.{(number - _LARGE.start) * 16}.0/20")


def is_large(number: int) -> bool:
    """Tell whether a network is one for labs of many nodes."""
    return number in _LARGE


def prefix_of(number: int) -> str:
    """Give the first three numbers of the first 256 addresses of a network: this machine's, and those for a VIP."""
    return str(network_of(number).network_address).rpartition(".")[0]


def addresses_of(number: int, count: int) -> list[str]:
    """Give addresses for so many nodes; in a large network they begin after the first 256."""
    hosts = islice(network_of(number).hosts(), _BLOCK if is_large(number) else _FIRST_HOST - 1, None)
    # Some programs take the other two for a network and its broadcast address.
    return [str(host) for host in islice((host for host in hosts if 0 < int(host) % _BLOCK < _BLOCK - 1), count)]


def hardware_address(address: str) -> str:
    """Give the hardware address of the interface with an address, from those that anybody may use."""
    return f"02:ac:{IPv4Address(address).packed.hex(':')}"


def _name(number: int) -> str:
    return f"\0acp-lab/{number}"


def claim_network(nodes: int) -> tuple[int, socket.socket]:
    """Take a free network for so many nodes, and its folder, which is empty.

    Raises:
        LabError: none is free.
    """
    routed = _routed()
    for number in _USUAL if nodes <= USUAL_NODES else _LARGE:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(_name(number))
        except OSError as error:
            claim.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        if any(address in network_of(number) for address in routed):
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
    return sorted(int(path.name) for path in RUNNING.glob("*")) if RUNNING.is_dir() else []


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
    cgroups.remove(cgroups.name_of(str(folder_of(number))))
    shutil.rmtree(folder_of(number), ignore_errors=True)


def _routed() -> list[IPv4Address]:
    """Give the addresses at which the networks begin that this machine already has a route into."""
    lines = Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]
    return [IPv4Address(int.from_bytes(bytes.fromhex(line.split()[1]), "little")) for line in lines]
