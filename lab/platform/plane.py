"""What the platform needs of the control plane that it is put on: :class:`lab.control_plane.ControlPlane` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lab.nodes import LabNode

BALANCER = "balancer"
"""Name of the node with the load balancer, where there is one."""


class PlaneMember(Protocol):
    """A node of the cluster, as Kubernetes knows it."""

    @property
    def name(self) -> str:
        """Of its Node object."""

    @property
    def address(self) -> str:
        """Its own."""

    @property
    def control_plane(self) -> bool:
        """Whether it is a control plane node."""


class PlaneLayout(Protocol):
    """What the cluster consists of."""

    @property
    def members(self) -> Sequence[PlaneMember]:
        """Its nodes, in the order of :attr:`Plane.cluster_nodes`."""

    @property
    def domain(self) -> str:
        """The platform's name, which the cluster's DNS knows."""


class Plane(Protocol):
    """A control plane that runs."""

    @property
    def kubeconfig(self) -> Path:
        """Its administrator's."""

    @property
    def vip(self) -> str:
        """Address at which the cluster is reached: the load balancer's, or the only node's."""

    @property
    def layout(self) -> PlaneLayout:
        """What it consists of."""

    @property
    def nodes(self) -> Mapping[str, LabNode]:
        """All nodes of its lab by name; the load balancer is one of them."""

    @property
    def cluster_nodes(self) -> Sequence[LabNode]:
        """Those that belong to the cluster."""


def run_on(node: LabNode, script: str) -> str:
    """Run a shell script as root in a node, and give what it prints.

    Raises:
        LabError: it failed.
    """
    done = node.run(f"set -e\n{script}")
    if done.returncode:
        raise LabError(f"on {node.spec.name}: {(done.stderr or done.stdout).strip()[-1000:]}")
    return done.stdout
