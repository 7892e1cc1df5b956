"""The files that make a node itself: keys, host name, and what the kernel seems to say of the machine."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lab.faults import FAULTS
from lab.flavours import FLAVOURS
from lab.programs import run

if TYPE_CHECKING:
    from pathlib import Path

    from lab.site import Lab, NodeSpec

_KEY_USERS = ("acp", "acp-password", "acp-nosudo", "acp-csh", "acp-printing", "acp-nologin")
_BUSYBOX_COMMANDS = "cat date grep head id kill ls printf sed sleep timeout tr uname"


def write_node_files(folder: Path, spec: NodeSpec, lab: Lab, address: str) -> None:
    """Write the files of one node; its ``overlay`` is laid over its tree."""
    flavour = FLAVOURS[spec.flavour]
    overlay = folder / "overlay"
    (folder / "mnt").mkdir(parents=True)
    cpuinfo = "".join(
        f"processor\t: {number}\nmodel name\t: Intel(R) Xeon(R) Gold 6338 CPU @ 2.60GHz\ncpu MHz\t\t: 2600.000\n\n"
        for number in range(spec.cpus)
    )
    seen = {
        "osrelease": ("/proc/sys/kernel/osrelease", f"{flavour.kernel}\n"),
        "version": ("/proc/version", f"Linux version {flavour.kernel} (lab)\n"),
        "cmdline": ("/proc/cmdline", "root=/dev/sda1 ro quiet transparent_hugepage=never\n"),
        "cpuinfo": ("/proc/cpuinfo", cpuinfo),
        # A machine of n GiB reports some 3 % less: what the kernel keeps for itself.
        "meminfo": (
            "/proc/meminfo",
            f"MemTotal:       {int(spec.memory_gib * 2**20 * 0.97)} kB\nMemFree:        1000000 kB\n",
        ),
        "swaps": ("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
        "kernel-hostname": ("/proc/sys/kernel/hostname", f"{spec.hostname or spec.name}\n"),
        "thp": ("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n"),
    }
    files = {f"lab/{name}": content for name, (_, content) in seen.items()}
    files["lab/mounts"] = "".join(f"{name} {path}\n" for name, (path, _) in seen.items())
    files["lab/modules"] = " ".join(flavour.modules)
    files["lab/hostname"] = spec.hostname or spec.name
    files["etc/hostname"] = f"{spec.hostname or spec.name}\n"
    files["etc/hosts"] = f"127.0.0.1 localhost\n{address} {spec.name}\n"
    files["etc/machine-id"] = f"{secrets.token_hex(16)}\n"
    files["etc/resolv.conf"] = f"nameserver {lab.prefix}.1\n"
    scripts = [
        _shell_script(spec.shell_program),
        _password_script(lab.password),
        *(FAULTS[name].script for name in spec.faults),
    ]
    files |= {f"lab/faults/{number:02d}": f"{script}\n" for number, script in enumerate(scripts) if script}
    key = lab.identity_file.with_suffix(".pub").read_text(encoding="ascii")
    files["root/.ssh/authorized_keys"] = key
    files |= {f"home/{user}/.ssh/authorized_keys": key for user in _KEY_USERS}
    for path, content in files.items():
        (overlay / path).parent.mkdir(parents=True, exist_ok=True)
        (overlay / path).write_text(content, encoding="utf-8")
    (overlay / "root").chmod(0o700)
    host_key = overlay / "etc" / "ssh" / "ssh_host_ed25519_key"
    host_key.parent.mkdir(parents=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", spec.name, "-f", str(host_key))


def _password_script(password: str) -> str:
    users = " ".join(f"'{user}:{password}'" for user in ("acp-password", "acp-sshpass"))
    owned = "; ".join(f"chown -R {user}: /home/{user}" for user in (*_KEY_USERS, "acp-sshpass"))
    return f"printf '%s\\n' {users} | chpasswd; {owned}; rm -f /lab/faults/01 /run/lab/faults/01"


def _shell_script(shell: str) -> str:
    match shell:
        case "bash":
            return "ln -sf bash /bin/sh"
        case "busybox":
            links = "; ".join(f"ln -sf busybox /bin/{name}" for name in _BUSYBOX_COMMANDS.split())
            return f"ln -sf busybox /bin/sh; {links}"
        case _:
            return ""
