"""One cluster of a pair: a platform whose installer was told what both sides share."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.pair.contents import as_installed, components, registry_objects, rights
from lab.pair.synchroniser import MONITOR, PORT, SYNC, Etcd, Synchroniser
from lab.platform import Platform
from lab.platform.api import Reference, reference
from lab.platform.readiness import has_endpoints, is_complete
from lab.platform.serving import HTTP, Balancing, Serving
from lab.platform.site import SYSTEM

if TYPE_CHECKING:
    from lab.control_plane import ControlPlane
    from lab.pair.shared import Shared
    from lab.platform.api import Object
    from lab.platform.site import Site

PORTS = (80, 443, 6443, 11443, PORT)
"""What a pair's load balancers pass on (global-dr-4.2, Required Resources)."""


@dataclass
class Side(Platform):
    """A cluster of a pair, which is primary or standby by what else the pair does.

    Attributes:
        cluster: the control plane that it is put on.
        shared: what both sides have in common.
        installed: of :data:`lab.pair.contents.COMPONENTS`.
        synchroniser: the plugin, while it is installed here.
    """

    cluster: ControlPlane = field(kw_only=True)
    shared: Shared = field(kw_only=True)
    installed: tuple[str, ...] = field(kw_only=True, default=())
    synchroniser: Synchroniser | None = field(default=None, init=False)

    @classmethod
    def on(cls, cluster: ControlPlane, shared: Shared, release: str, installed: tuple[str, ...]) -> Side:
        """Give a side on a control plane; it is there from ``with`` on."""
        return cls(
            cluster,
            release,
            serving=usual_serving(shared),
            balancing=Balancing(ports={port: port for port in PORTS}),
            cluster=cluster,
            shared=shared,
            installed=installed,
        )

    @property
    def vip(self) -> str:
        """Its load balancer's address."""
        return self.cluster.vip

    @property
    def etcd(self) -> Etcd:
        """Its etcd behind its VIP, for one who has a client's certificate."""
        return self._etcd((f"https://{self.vip}:{PORT}",))

    def etcd_on_nodes(self) -> Etcd:
        """Its etcd on its nodes."""
        return self._etcd(tuple(f"https://{node.address}:{PORT}" for node in self.site.control_plane))

    def _etcd(self, endpoints: tuple[str, ...]) -> Etcd:
        authority = self.cluster.keys.etcd
        return Etcd(endpoints, authority.pair.certificate, authority.sign(SYNC))

    def _site(self) -> Site:
        return dataclasses.replace(super()._site(), authority=self.shared.authority)

    def _healthy(self) -> list[Object]:
        items = [*super()._healthy(), *rights(), *registry_objects(self.shared), *components(self.site, self.installed)]
        for item in items:
            if item["kind"] == "ProductBase":
                as_installed(item, self.shared)
        return items

    def install_synchroniser(self, active: Side) -> None:
        """Install the plugin, which copies another cluster from now on, and wait until it does.

        Raises:
            LabError: it does not start.
        """
        self.synchroniser = Synchroniser(self.site, active.vip, active.etcd, self.etcd_on_nodes())
        for item in self.synchroniser.objects():
            self._objects[reference(item)] = item
            self.put(item)
        self.await_synchroniser()

    def await_synchroniser(self) -> None:
        """Wait until the plugin's Pods are ready and its monitor can be asked."""
        for name in (SYNC, MONITOR):
            self.api.until(Reference("apps/v1", "Deployment", name, SYSTEM), is_complete, "is complete")
        self.api.wait(lambda: has_endpoints(self.api, MONITOR), f"{MONITOR} has endpoints")

    def remove_synchroniser(self) -> None:
        """Uninstall the plugin; without one there is nothing to do."""
        if self.synchroniser is None:
            return
        for item in reversed(self.synchroniser.objects()):
            self.api.delete(reference(item))
            self._objects.pop(reference(item), None)
        self.synchroniser = None

    def check(self) -> str:
        """Give what the monitor answers, through the API server's proxy.

        Raises:
            LabError: it does not answer, or with an error.
        """
        return self.cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{SYSTEM}/services/{MONITOR}:80/proxy/check")


def usual_serving(shared: Shared) -> Serving:
    """Give how a healthy node of a pair serves the platform's ports: HTTP, too, which leads to HTTPS."""
    credentials = f"{shared.registry_user}:{shared.registry_password}"
    return dataclasses.replace(Serving().with_port(HTTP, "redirect"), images=shared.images, credentials=credentials)
