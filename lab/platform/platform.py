"""The platform on a control plane: everything that makes it look like a healthy ``global`` cluster."""

from __future__ import annotations

import base64
import copy
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from lab.control_plane import BUSYBOX
from lab.platform.api import Api, Reference, apply_all, reference
from lab.platform.certificates import Authority
from lab.platform.installer import NO_INSTALLER
from lab.platform.objects import definitions, healthy
from lab.platform.plane import BALANCER, run_on
from lab.platform.reader import READER, asked, reader
from lab.platform.readiness import await_healthy, has_condition
from lab.platform.releases import RELEASES
from lab.platform.serving import HTTPS, REGISTRY, Balancing, LoadBalancer, Serving, StandIn, listens, speaks_tls
from lab.platform.site import ISOLATION_LABEL, ISOLATION_TAINT, SYSTEM, Site, SiteNode
from lab.platform.workloads import cron_run

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from typing_extensions import Self

    from lab.nodes import LabNode
    from lab.platform.api import Object
    from lab.platform.plane import Plane

_TOKEN_SECONDS = 12 * 3600


@dataclass
class Platform:
    """A platform, from ``with``, when it is healthy, to its end.

    What runs beside the control plane ends with it; objects stay, and end with the control plane.

    Attributes:
        plane: runs.
        release: such as ``4.2``.
        cni: ``kube-ovn`` or ``calico``.
        serving: how its nodes serve the platform's ports while they are healthy.
        balancing: how its load balancer passes them on then.
    """

    plane: Plane
    release: str = "4.2"
    cni: str = "kube-ovn"
    serving: Serving = field(default_factory=Serving, repr=False)
    balancing: Balancing = field(default_factory=Balancing, repr=False)
    api: Api = field(init=False, repr=False)
    site: Site = field(init=False, repr=False)
    kubeconfig: Path = field(init=False)
    balancer: LoadBalancer = field(init=False, repr=False)
    _nodes: dict[str, LabNode] = field(default_factory=dict, init=False, repr=False)
    _stand_ins: dict[str, StandIn] = field(default_factory=dict, init=False, repr=False)
    _objects: dict[Reference, Object] = field(default_factory=dict, init=False, repr=False)
    _forbidden: set[str] = field(default_factory=set, init=False, repr=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.api = stack.enter_context(Api(self.plane.kubeconfig))
            self.site = self._site()
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="acp-lab-platform-")))
            self.kubeconfig = folder / "kubeconfig"
            self._serve(stack)
            self._fill()
            self._write_kubeconfig()
            await_healthy(self.api, self.site)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def domain(self) -> str:
        """The platform's name."""
        return self.plane.layout.domain

    def _site(self) -> Site:
        version = self.api.call("GET", "/version")["gitVersion"]
        nodes = tuple(SiteNode(one.name, one.address, one.control_plane) for one in self.plane.layout.members)
        authority = Authority(self.domain, (self.plane.vip,))
        release = RELEASES[self.release]
        return Site(release, version, self.domain, self.plane.vip, nodes, authority, BUSYBOX, self.cni)

    def _serve(self, stack: ExitStack) -> None:
        by_address = {node.address: node for node in self.plane.cluster_nodes}
        self._nodes = {node.name: by_address[node.address] for node in self.site.nodes}
        for node in self.site.control_plane:
            stand_in = StandIn(self.site, node, self._nodes[node.name].pid)
            self._stand_ins[node.name] = stand_in
            stack.callback(stand_in.stop)
            stand_in.serve(self.serving)
        self.balancer = LoadBalancer(self.site, self.plane.nodes.get(BALANCER))
        self.balancer.balance(self.balancing)
        self.await_served()

    def _fill(self) -> None:
        definition = definitions(self.site.release)
        apply_all(self.api, definition)
        for item in definition:
            self.define(item)
        items = self._healthy()
        self._objects = {reference(item): item for item in items}
        for which in self._objects:
            self.restore(which)
        owner = self.api.get(Reference("batch/v1", "CronJob", "cleanup", SYSTEM))
        assert owner is not None
        self.api.apply(cron_run(self.site, "cleanup-1", owner))
        for node in self._nodes.values():
            run_on(node, NO_INSTALLER)
        for one in self.site.control_plane:
            self.mark(one.name)

    def _healthy(self) -> list[Object]:
        return healthy(self.site)

    def _write_kubeconfig(self) -> None:
        """Write the kubeconfig of the user that a run has."""
        path = f"{Reference('v1', 'ServiceAccount', READER, SYSTEM).path}/token"
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": _TOKEN_SECONDS},
        }
        token = self.api.call("POST", path, request)["status"]["token"]
        given = yaml.safe_load(self.plane.kubeconfig.read_text(encoding="utf-8"))
        cluster = given["clusters"][0]["cluster"]
        if "certificate-authority" in cluster:
            file = self.plane.kubeconfig.parent / cluster.pop("certificate-authority")
            cluster["certificate-authority-data"] = base64.b64encode(file.read_bytes()).decode()
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "global", "cluster": cluster}],
            "users": [{"name": READER, "user": {"token": token}}],
            "contexts": [{"name": "global", "context": {"cluster": "global", "user": READER}}],
            "current-context": "global",
        }
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")

    def define(self, definition: Object) -> None:
        """Let the API server know a kind, and wait until it does."""
        self.api.apply(definition)
        self.api.until(reference(definition), has_condition("Established"), "is established")

    def mark(self, node: str, *, labelled: bool = True, tainted: bool = True) -> None:
        """Give a node the marks of the platform's isolation, or take them."""
        labels = {ISOLATION_LABEL: "true" if labelled else None}
        change = {"metadata": {"labels": labels}, "spec": {"taints": [ISOLATION_TAINT] if tainted else None}}
        self.api.patch(Reference("v1", "Node", node), change)

    def put(self, item: Object) -> None:
        """Make an object what is said, whatever it was.

        An AppRelease is made anew: each change of it is a new generation, and it is to have observed its first.
        """
        if item["kind"] == "AppRelease":
            self.api.delete(reference(item))
        self.api.apply(item)

    def healthy_object(self, which: Reference) -> Object:
        """Give a copy of one of the platform's objects, as it is when it is healthy."""
        return copy.deepcopy(self._objects[which])

    def restore(self, which: Reference) -> None:
        """Make one of the platform's objects healthy."""
        self.put(self._objects[which])

    def of_kind(self, kind: str) -> list[Reference]:
        """Give the platform's objects of a kind."""
        return [which for which in self._objects if which.kind == kind]

    def grant(self, without: tuple[str, ...] = ()) -> None:
        """Let the run's user have its rights without some of them; API servers hear of it a moment later."""
        apply_all(self.api, reader(without))

    def forbid(self, rights: tuple[str, ...]) -> None:
        """Take rights from the run's user, beside those that were taken before."""
        self._forbidden.update(rights)
        self.grant(tuple(self._forbidden))

    def allow(self, rights: tuple[str, ...]) -> None:
        """Give rights back."""
        self._forbidden.difference_update(rights)
        self.grant(tuple(self._forbidden))

    def await_right(self, right: str, *, allowed: bool) -> None:
        """Wait until the API server knows whether the run's user has a right."""
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        question = asked(right)
        self.api.wait(
            lambda: self.api.call("POST", path, question)["status"]["allowed"] == allowed,
            f"{right} is {'allowed' if allowed else 'forbidden'}",
        )

    def serve(self, position: int, serving: Serving) -> None:
        """Let a control plane node serve the platform's ports as is said."""
        self._stand_ins[self.site.control_plane[position].name].serve(serving)

    def node(self, position: int) -> LabNode:
        """Give a control plane node by its position; -1 is the last."""
        return self.node_named(self.site.control_plane[position].name)

    def node_named(self, name: str) -> LabNode:
        """Give a node by its name in Kubernetes."""
        return self._nodes[name]

    def await_served(self) -> None:
        """Wait until the platform's ports answer at the address at which it is reached."""
        for port in (HTTPS, REGISTRY):
            self.api.wait(lambda at=port: speaks_tls(self.site.vip, at), f"{self.site.vip}:{port} answers")  # type: ignore[misc]

    def await_port(self, position: int, port: int, *, open_: bool) -> None:
        """Wait until a port of a control plane node is open, or closed."""
        node = self.node(position)
        state = "open" if open_ else "closed"
        what = f"{node.spec.name}:{port} is {state}"
        self.api.wait(lambda: listens(node.address, port) == open_, what)

    def fault(self, name: str) -> AbstractContextManager[None]:
        """Seed a fault, until the end of ``with``.

        Raises:
            KeyError: there is none of this name.
            LabError: it cannot be seeded, or undone.
        """
        from lab.platform.faults import FAULTS  # noqa: PLC0415 - faults are written in terms of a platform

        return FAULTS[name].seeded(self)
