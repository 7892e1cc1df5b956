"""What a platform is made for: the words from which all its objects follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.platform.certificates import Authority
    from lab.platform.releases import Release

SYSTEM = "cpaas-system"
"""The platform's namespace."""

PLANTED_SECRETS = ("planted-database-passphrase", "planted-machine-passphrase", "planted-environment-passphrase")
"""What no run may ever store or print; they stand where such things stand in a real cluster."""

ISOLATION_LABEL = "lab.example.com/platform"
ISOLATION_TAINT = {"key": ISOLATION_LABEL, "value": "true", "effect": "PreferNoSchedule"}
"""What the platform's nodes have where its isolation is planned. The real marks are not public: an inventory names
them. Of the effects this one keeps nothing away, so that they can always be there."""


@dataclass(frozen=True)
class SiteNode:
    """One node of the cluster.

    Attributes:
        name: as Kubernetes names it.
        address: its own.
        control_plane: whether it is a control plane node.
    """

    name: str
    address: str
    control_plane: bool


@dataclass(frozen=True)
class Site:
    """One ``global`` cluster.

    Attributes:
        release: of the platform.
        kubernetes: full version of Kubernetes, such as ``v1.33.5``.
        domain: the platform's name.
        vip: the load balancer's address.
        nodes: all nodes.
        authority: issues its certificates.
        image: with a shell and the usual small programs, present on all nodes.
        cni: ``kube-ovn`` or ``calico``.
    """

    release: Release
    kubernetes: str
    domain: str
    vip: str
    nodes: tuple[SiteNode, ...]
    authority: Authority
    image: str
    cni: str = "kube-ovn"

    @property
    def control_plane(self) -> tuple[SiteNode, ...]:
        """The control plane nodes."""
        return tuple(node for node in self.nodes if node.control_plane)
