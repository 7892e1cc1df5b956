"""The files that a lab writes in its nodes: those that all of them have, and those that make each one itself."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

from lab.flavours import LARGER_CPUS, LARGER_MEMORY_GIB
from lab.kernel_view import FOLDER, kernel_files, load_files, memory_files, processor_files
from lab.plan import NodeFile
from lab.programs import run
from lab.trees import PASSWORD_MARK
from lab.users import USERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.nodes import NodeSpec

PRIVATE = 0o600
DOMAIN = "acp.lab.example"
"""The platform's domain; nodes find it in /etc/hosts."""
_SHADOW_MODE = 0o640
_SHADOW_GROUP = 42


def network_files(addresses: Mapping[str, str], gateway: str, vip: str) -> list[NodeFile]:
    """Give the files by which nodes know each other and the platform; this machine is named as the name server."""
    hosts = "".join(f"{address} {name}\n" for name, address in {**addresses, DOMAIN: vip}.items())
    return [
        NodeFile("etc/hosts", f"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n{hosts}"),
        NodeFile("etc/resolv.conf", f"nameserver {gateway}\n"),
    ]


def login_files(layers: list[Path], key: str, password: str) -> list[NodeFile]:
    """Give the files by which the lab's key and password open all nodes; ``layers`` are those that all have."""
    shadow = (layers[0] / "etc" / "shadow").read_text(encoding="ascii")
    hashed = shadow.replace(PASSWORD_MARK, _hashed(password, layers[-1]))
    return [
        NodeFile("etc/shadow", hashed, _SHADOW_MODE, 0, _SHADOW_GROUP),
        NodeFile("root/.ssh/authorized_keys", key, PRIVATE),
        *(
            NodeFile(f"{user.home[1:]}/.ssh/authorized_keys", key, PRIVATE, user.number, user.number)
            for user in USERS
            if user.key
        ),
    ]


def _hashed(password: str, base: Path) -> str:
    """Give the password as it stands in /etc/shadow, by the C library of the nodes' own tree."""
    salt = f"$6${secrets.token_hex(8)}$"
    return run("chroot", str(base), "perl", "-e", f"print crypt(<STDIN>, '{salt}')", given=password)


def first_node_files(hostname: str, machine_id: str) -> list[NodeFile]:
    """Give the identity of the lab's first node, for faults that make another one its twin."""
    return [
        NodeFile(f"{FOLDER}/first/hostname", f"{hostname}\n"),
        NodeFile(f"{FOLDER}/first/machine-id", f"{machine_id}\n"),
    ]


def own_files(spec: NodeSpec, machine_id: str, host_key: Path) -> list[NodeFile]:
    """Give the files that make a node itself; beside its sshd's private key lies the public one."""
    public = host_key.with_suffix(".pub").read_text(encoding="ascii")
    return [
        NodeFile("etc/hostname", f"{spec.hostname or spec.name}\n"),
        NodeFile("etc/machine-id", f"{machine_id}\n", 0o444),
        NodeFile("etc/ssh/ssh_host_ed25519_key", host_key.read_text(encoding="ascii"), PRIVATE),
        NodeFile("etc/ssh/ssh_host_ed25519_key.pub", public),
        NodeFile(f"{FOLDER}/seen/sys/class/dmi/id/product_uuid", f"{uuid.uuid4()}\n", 0o400),
        *(NodeFile(path, text) for path, text in _machine_files(spec).items()),
    ]


def _machine_files(spec: NodeSpec) -> dict[str, str]:
    """Give what differs from the flavour's usual kernel and machine."""
    files = load_files(spec.processors)
    if spec.kernel:
        seen = kernel_files(spec.kernel, spec.system.build)
        files |= {f"{FOLDER}/seen/{path}": text for path, text in seen.items()}
        files[f"usr/lib/modules/{spec.kernel}/modules.builtin"] = ""
    if spec.processors not in {spec.system.cpus, LARGER_CPUS}:
        files |= processor_files(spec.processors, spec.system.machine)
    if spec.memory not in {spec.system.memory_gib, LARGER_MEMORY_GIB}:
        files |= memory_files(spec.memory)
    return files
