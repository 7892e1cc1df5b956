"""A whole cluster: control plane nodes with their static Pods, workers, a load balancer, CoreDNS and kube-proxy."""

from __future__ import annotations

import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.control_plane.addons import addons
from lab.control_plane.api_server import ApiServer, give_files, run_in
from lab.control_plane.balancer import PORTS, balancer_files
from lab.control_plane.images import Image, write_archive
from lab.control_plane.layers import containers_layer, node_layer
from lab.control_plane.layout import Layout, Member
from lab.control_plane.node_setup import IMPORT, SERVICE_PROGRAM, join_command, node_files
from lab.control_plane.static_pods import static_pods
from lab.limits import allow_watches
from lab.nodefiles import DOMAIN
from lab.nodes import NodeSpec
from lab.programs import LabError
from lab.site import check_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lab.nodes import LabNode

BALANCER = "balancer"
_AT_ONCE = 4
_SERVER_SECONDS, _READY_SECONDS = 240.0, 360.0
_STATIC_PODS, _DNS_PODS = 4, 2


@dataclass
class ControlPlane(ApiServer):
    """A cluster whose nodes run containers, from ``with`` (or :meth:`start`) to its end; nothing is left then.

    etcd, API server, controller manager and scheduler are static Pods, as on nodes of ACP. It is handed over when all
    nodes and all Pods of kube-system are ready.

    Example::

        with ControlPlane("1.34", control_plane=3, workers=1) as plane:
            plane.kubectl("get", "nodes")
            plane.nodes["cp-2"].run("/usr/lib/lab/service stop kubelet")

    Attributes:
        control_plane: how many nodes have etcd and the API server: 1, 3 or 5.
        workers: how many nodes only run Pods.
        named_by_address: nodes are called by their addresses, as ACP does; else by their host names.
        balancer: a load balancer stands before the control plane's nodes; usual for more than one.
        flavour: of all nodes, of :data:`lab.FLAVOURS`.
        images: more of them, for every node.
        node_name: how nodes of the control plane are called, with {} for their number.
        ports: of the load balancer, each led to the same port of the control plane's nodes.
        dns_server: address of the server that the cluster's DNS asks for names that are not its own; else it knows the
            platform's name itself.
        encryption: the API servers' EncryptionConfiguration; without one Secrets are not encrypted.
    """

    control_plane: int = 1
    workers: int = 0
    named_by_address: bool = True
    balancer: bool | None = None
    flavour: str = "ubuntu-22.04"
    images: Sequence[Image] = ()
    node_name: str = "cp-{}"
    ports: Sequence[int] = PORTS
    dns_server: str = ""
    encryption: str = field(default="", repr=False)

    @property
    def cluster_nodes(self) -> list[LabNode]:
        """The lab's nodes that belong to the cluster: all but the balancer."""
        return [node for name, node in self.lab.nodes.items() if name != BALANCER]

    def add_image(self, image: Image) -> None:
        """Give every node one more image.

        Raises:
            LabError: containerd refuses it.
        """
        archive = self.lab.directory / f"image-{uuid.uuid4().hex}.tar"
        write_archive([image], archive)
        try:
            self._on_all(self.cluster_nodes, lambda node: _import(node, archive))
        finally:
            archive.unlink()

    def _has_balancer(self) -> bool:
        return self.control_plane > 1 if self.balancer is None else self.balancer

    def start(self) -> None:
        """Start it, or leave nothing of it.

        Raises:
            LabError: it cannot run here, or did not start; says why, and what to do.
        """
        check_machine()
        allow_watches()
        super().start()

    def _specs(self) -> list[NodeSpec]:
        if self.control_plane < 1:
            raise LabError("a cluster needs a node of the control plane")
        containers = containers_layer(self.say)
        layers = (node_layer(self.release, self.say), containers)

        def node(name: str, role: str) -> NodeSpec:
            roles = (role, "installer") if name == self.node_name.format(1) else (role,)
            return NodeSpec(name, self.flavour, roles, layers=layers, containers=True)

        specs = [node(self.node_name.format(number + 1), "control_plane") for number in range(self.control_plane)]
        specs += [node(f"worker-{number + 1}", "worker") for number in range(self.workers)]
        if self._has_balancer():
            specs.append(NodeSpec(BALANCER, "debian-12", (), layers=(containers,)))
        return specs

    def _layout(self) -> Layout:
        members = tuple(
            Member(
                node.address if self.named_by_address else node.spec.name,
                node.address,
                number,
                control_plane="control_plane" in node.spec.roles,
            )
            for number, node in enumerate(self.cluster_nodes)
        )
        vip = self.lab.vip if self._has_balancer() else ""
        endpoint = vip or members[0].address
        return Layout(self.release, members, endpoint, vip, DOMAIN, self.dns_server, self.encryption)

    def _start_nodes(self) -> None:
        members = dict(zip((node.spec.name for node in self.cluster_nodes), self.layout.members, strict=True))
        if self._has_balancer():
            self._start_balancer(self.lab.nodes[BALANCER])
        self._on_all(self.cluster_nodes, lambda node: self._join(node, members[node.spec.name]))
        self.access.wait(self.access.missing_server, _SERVER_SECONDS)
        self.apply(addons(self.layout))
        for image in self.images:
            self.add_image(image)
        names = [member.name for member in self.layout.members]
        self.access.wait(lambda: self.access.missing_nodes(names), _READY_SECONDS)
        for member in self.layout.control_plane:
            self.kubectl("label", "node", member.name, "node-role.kubernetes.io/control-plane=", "--overwrite")
        pods = _STATIC_PODS * len(self.layout.control_plane) + _DNS_PODS + len(members)
        self.access.wait(lambda: self.access.missing_pods("kube-system", pods), _READY_SECONDS)

    def _join(self, node: LabNode, member: Member) -> None:
        files = [*self.keys.node_files(member), *node_files(self.layout, member)]
        if member.control_plane:
            files += static_pods(self.layout, member)
        give_files(node, files)
        run_in(node, join_command())

    def _start_balancer(self, node: LabNode) -> None:
        give_files(node, balancer_files(self.layout, self.ports))
        run_in(node, f"ip address add {self.layout.vip}/32 dev eth0 && /{SERVICE_PROGRAM} start haproxy")

    def _on_all(self, nodes: Iterable[LabNode], work: Callable[[LabNode], None]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for done in [pool.submit(work, node) for node in nodes]:
                done.result()


def _import(node: LabNode, archive: Path) -> None:
    place = Path(f"/proc/{node.pid}/root/var/tmp") / archive.name
    shutil.copyfile(archive, place)
    try:
        run_in(node, f"{IMPORT} /var/tmp/{archive.name}")
    finally:
        place.unlink()
