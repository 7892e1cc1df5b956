"""What differs between platforms of different releases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One release of the platform.

    Attributes:
        name: such as ``4.2``.
        version: of the platform itself.
        kubernetes: minor releases of Kubernetes that it creates.
        kinds: kinds that it brings beside those of all releases.
        containers: the program that lists containers on the installer node.
    """

    name: str
    version: str
    kubernetes: tuple[str, ...]
    kinds: tuple[str, ...]
    containers: str


RELEASES = {
    release.name: release
    for release in (
        Release("4.0", "v4.0.4", ("1.28", "1.29", "1.30", "1.31"), (), "docker"),
        Release("4.1", "v4.1.2", ("1.32",), (), "docker"),
        Release("4.2", "v4.2.1", ("1.33",), ("EtcdBackupConfiguration",), "nerdctl"),
        Release("4.3", "v4.3.0", ("1.34",), ("EtcdBackupConfiguration", "ClusterVersionShadow"), "nerdctl"),
    )
}
"""By name. Kubernetes releases and kinds: acp-resources; the last digits of the versions are the lab's."""

OPTIONAL_KINDS = frozenset({"EtcdBackupConfiguration", "ClusterVersionShadow"})
"""Kinds that not all releases have."""
