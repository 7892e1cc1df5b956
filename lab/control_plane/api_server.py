"""etcd and the API server alone, on one node without a kubelet: for what only reads and writes objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.control_plane.access import Access
from lab.control_plane.keys import Keys
from lab.control_plane.layers import server_layer
from lab.control_plane.layout import Layout, Member
from lab.control_plane.node_setup import SERVICE_PROGRAM, service, service_files
from lab.control_plane.programs import programs
from lab.control_plane.releases import NEWEST, Release, release_of
from lab.control_plane.static_pods import api_server_command, etcd_command
from lab.node_root import write_files
from lab.nodefiles import DOMAIN
from lab.nodes import NodeSpec
from lab.programs import LabError
from lab.site import Lab, check_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from kubernetes.client import ApiClient
    from typing_extensions import Self

    from lab.nodes import LabNode
    from lab.plan import NodeFile

_LARGE = "--quota-backend-bytes=8589934592"
_READY_SECONDS = 120.0


@dataclass
class ApiServer:
    """etcd and the API server on one node, from ``with`` (or :meth:`start`) to its end; nothing is left then.

    TLS and RBAC are as in a whole cluster. There is no controller: objects stay as they were written, service accounts
    are not made (and Pods need none), and a deleted namespace stays *Terminating*.

    Example::

        with ApiServer("1.34") as plane:
            plane.kubectl("create", "namespace", "cpaas-system")

    Attributes:
        version: minor release of Kubernetes, of :data:`lab.control_plane.RELEASES`.
        name: shows in ``python -m lab list``.
        say: is told what takes long (building programs, once).
        stays: it outlives the process that made it, until ``python -m lab down``.
        lab: the nodes, while it runs: their SSH configuration, keys and inventory.
        access: the administrator's access, while it runs.
    """

    version: str = NEWEST
    name: str = "plane"
    say: Callable[[str], None] = print
    stays: bool = False
    lab: Lab = field(init=False)
    access: Access = field(init=False)
    layout: Layout = field(init=False)
    keys: Keys = field(init=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def release(self) -> Release:
        """The release that runs."""
        return release_of(self.version)

    @property
    def server(self) -> str:
        """The API server's address, for this machine and for the nodes."""
        return self.access.server

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.access.kubeconfig

    @property
    def vip(self) -> str:
        """Address at which the cluster is reached: the load balancer's, or the only node's."""
        return self.layout.endpoint

    @property
    def ca(self) -> tuple[Path, Path]:
        """The certificate and the key of the cluster's authority."""
        return self.access.pki / "ca.crt", self.access.pki / "ca.key"

    @property
    def nodes(self) -> dict[str, LabNode]:
        """The lab's nodes, by name: address, and :meth:`lab.nodes.LabNode.run`."""
        return self.lab.nodes

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 120) -> str:
        """Run kubectl as the administrator, and give what it prints.

        Raises:
            LabError: it failed; says how.
        """
        return self.access.kubectl(*arguments, given=given, seconds=seconds)

    def client(self) -> ApiClient:
        """Give a client of the kubernetes package."""
        return self.access.client()

    def apply(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Create objects, or make them what is said.

        Raises:
            LabError: the API server refuses one; says why.
        """
        self.access.apply(objects)

    def prepare(self) -> None:
        """Build what it is made of, once.

        Raises:
            LabError: programs are missing and cannot be built; says what to do.
        """
        self._specs()

    def start(self) -> None:
        """Start it, or leave nothing of it.

        Raises:
            LabError: it cannot run here, or did not start; says why, and what to do.
        """
        check_machine()
        specs = self._specs()
        kubectl = programs(self.release, ("kubectl",), self.say)["kubectl"]
        self.lab = Lab(specs, self.name, self.say, self.stays)
        self.lab.start()
        try:
            self.layout = self._layout()
            self.keys = Keys(self.layout)
            self.access = Access(self.lab.directory, self.keys, self.layout.server, kubectl)
            self._start_nodes()
        except BaseException:
            self.lab.stop()
            raise

    def stop(self) -> None:
        """End all of it."""
        self.lab.stop()

    def _specs(self) -> list[NodeSpec]:
        return [NodeSpec("cp-1", layers=(server_layer(self.release, self.say),))]

    def _layout(self) -> Layout:
        address = self.lab.nodes["cp-1"].address
        return Layout(self.release, (Member(address, address, 0, control_plane=True),), address, "", DOMAIN)

    def _start_nodes(self) -> None:
        node, (member,) = self.lab.nodes["cp-1"], self.layout.members
        # Without a controller nobody makes the service accounts that Pods otherwise must have.
        server = [*api_server_command(member), "--disable-admission-plugins=ServiceAccount"]
        files = [
            *self.keys.node_files(member),
            *service_files(),
            service("etcd", [*etcd_command(self.layout, member), _LARGE]),
            service("kube-apiserver", server),
        ]
        give_files(node, files)
        for name in ("etcd", "kube-apiserver"):
            run_in(node, f"/{SERVICE_PROGRAM} start {name}")
        self.access.wait(self.access.missing_server, _READY_SECONDS)


def give_files(node: LabNode, files: Iterable[NodeFile]) -> None:
    """Write files in a running node."""
    write_files(Path(f"/proc/{node.pid}/root"), files)


def run_in(node: LabNode, command: str, timeout: float = 300) -> str:
    """Run a shell command in a node, and give what it prints.

    Raises:
        LabError: it failed; says how.
    """
    done = node.run(command, timeout)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise LabError(f"{command} on {node.spec.name} ended with {done.returncode}: {said}")
    return done.stdout
