"""The fifty checks as a pyinfra deploy: facts, each of which pyinfra asks a node for once, and what must hold."""

from pyinfra import host
from pyinfra.api.exceptions import DeployError
from pyinfra.facts.deb import DebPackages
from pyinfra.facts.files import FileContents
from pyinfra.facts.hardware import Ipv4Addrs
from pyinfra.facts.server import Arch, Command, Hostname, KernelVersion, OsRelease
from pyinfra.facts.systemd import SystemdStatus

MODULES = ["ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "geneve", "openvswitch"]
PORTS = [2379, 2380, 6443, 10249, 10250, 10251, 10256, 6641, 6642]
PACKAGES = [
    "docker.io",
    "podman-docker",
    "containerd",
    "rootlesskit",
    "rkt",
    "containernetworking-plugins",
    "kubernetes",
    "docker-ce",
]
SERVICES = ["firewalld", "ufw", "nftables", "iptables", "systemd-resolved"]


def text(path):
    return "\n".join(host.get_fact(FileContents, path=path) or [])


def said(command):
    return host.get_fact(Command, command=command) or ""


sshd = said("sshd -T").splitlines()
listening = said("ss -lnt")
active = host.get_fact(SystemdStatus)
packages = host.get_fact(DebPackages)
modules = said("ls /sys/module").split()
resolver = text("/etc/resolv.conf")

results = {
    "root": said("id -un") == "root",
    "usedns": "usedns no" in sshd,
    "usepam": "usepam no" in sshd,
    "tasks": "infinity" in said("systemctl show --property=DefaultTasksMax"),
    "os": host.get_fact(OsRelease)["version_id"] == "22.04",
    "kernel": host.get_fact(KernelVersion).startswith("5.15.0-"),
    "architecture": host.get_fact(Arch) == "x86_64",
    "thp": "[never]" in text("/sys/kernel/mm/transparent_hugepage/enabled"),
    "thp-boot": "transparent_hugepage=never" in text("/etc/default/grub"),
    **{f"module-{name}": name in modules for name in MODULES},
    "selinux": not text("/sys/fs/selinux/enforce"),
    **{f"service-{name}": not active.get(f"{name}.service") for name in SERVICES},
    "swap": len(text("/proc/swaps").splitlines()) == 1,
    "swap-boot": " swap " not in text("/etc/fstab"),
    "hostname": len(host.get_fact(Hostname)) <= 36,
    "localhost": "127.0.0.1" in text("/etc/hosts"),
    "nameserver": "nameserver" in resolver,
    "search": "search " not in resolver,
    "route": "default" in said("ip route show"),
    "address": "eth0" in host.get_fact(Ipv4Addrs),
    **{f"port-{port}": f":{port} " not in listening for port in PORTS},
    **{f"package-{name}": name not in packages for name in PACKAGES},
    "cpu": text("/proc/cpuinfo").count("processor\t") >= 8,
    "memory": int(text("/proc/meminfo").split()[1]) >= 15 * 2**20,
    "machine-id": len(text("/etc/machine-id")) == 32,
    "clock": int(said("date +%s")) > 0,
}
failed = [name for name, good in results.items() if not good]
print(f"{host.name} checks={len(results)} failed={len(failed)}")
if failed:
    raise DeployError(f"{host.name}: {', '.join(failed)}")
