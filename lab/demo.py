"""The nodes of the demo: five, with a handful of different faults."""

from __future__ import annotations

from lab.site import Lab, NodeSpec


def demo_lab(name: str = "demo") -> Lab:
    """Give the demo's lab; it starts with ``with``."""
    return Lab(
        [
            NodeSpec("cp-1", "ubuntu-22.04", ("control_plane", "installer")),
            NodeSpec("cp-2", "rhel-8.6", faults=("swap-on", "swap-in-fstab")),
            NodeSpec("cp-3", "ubuntu-22.04", faults=("sshd-use-pam", "clock-ahead-60")),
            NodeSpec("worker-1", "rhel-8.6", ("worker",), faults=("package-docker-ce", "port-10250-taken")),
            NodeSpec("worker-2", "ubuntu-22.04", ("worker",), faults=("thp-boot-missing", "unreadable-resolv")),
        ],
        name=name,
    )
