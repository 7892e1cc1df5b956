"""One cluster of a pair: a platform whose installer was told what both sides share."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lab.pair.contents import as_installed, backed_up, components, encryption_manager, registry_objects, rights
from lab.pair.plugin import Plugin
from lab.pair.synchroniser import PORT, SYNC, Etcd
from lab.platform import Platform
from lab.platform.api import Reference, reference
from lab.platform.readiness import has_condition, is_complete
from lab.platform.serving import HTTP, Balancing, Serving
from lab.platform.site import SYSTEM
from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        plugin: the etcd Synchronizer, where it is installed.
    """

    cluster: ControlPlane = field(kw_only=True)
    shared: Shared = field(kw_only=True)
    installed: tuple[str, ...] = field(kw_only=True, default=())
    plugin: Plugin = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.plugin = Plugin(self)

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
        items = [*super()._healthy(), *rights(), *registry_objects(self.shared), *encryption_manager(self.site)]
        for item in items:
            if item["kind"] == "ProductBase":
                as_installed(item, self.shared)
            if item["kind"] == "EtcdBackupConfiguration":
                backed_up(item)
        return items

    def check(self) -> str:
        """Give what the synchroniser's monitor answers here.

        Raises:
            LabError: it does not answer, or with an error.
        """
        return self.plugin.check()

    def define_healthy(self, item: Object) -> None:
        """Make an object, which belongs to the healthy platform from now on."""
        self._objects[reference(item)] = item
        self.put(item)

    def undefine(self, which: Reference) -> None:
        """Delete an object, which does not belong to the healthy platform any more."""
        self.api.delete(which)
        self._objects.pop(which, None)

    def install_components(self) -> None:
        """Install what is restarted after a failover, and wait until it runs."""
        items = components(self.site, self.installed)
        for item in items:
            self.define_healthy(item)
        for item in items:
            if item["kind"] == "Deployment":
                self.api.until(reference(item), is_complete, "is complete")

    def pods(self, selector: str, namespace: str = SYSTEM) -> list[Object]:
        """Give the Pods that a selector of labels finds and that are not on their way out."""
        found = self.api.items(f"/api/v1/namespaces/{namespace}/pods?{urlencode({'labelSelector': selector})}")
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def restart(self, selector: str, name: str = "", namespace: str = SYSTEM) -> None:
        """Delete Pods, as the guide has it, and wait for as many that are ready.

        Args:
            selector: of labels; where it finds no Pod there is nothing to do.
            name: of the only one that is deleted; else all are.
            namespace: of the Pods.
        """
        before = self.pods(selector, namespace)
        doomed = [pod for pod in before if not name or pod["metadata"]["name"] == name]
        for pod in doomed:
            self.api.delete(Reference("v1", "Pod", pod["metadata"]["name"], namespace))
        ready = has_condition("Ready")

        def back() -> bool:
            after = self.pods(selector, namespace)
            return len(after) == len(before) and all(map(ready, after))

        self.api.wait(back, f"Pods {selector} are back")

    def resolves(self, server: str = "", name: str = "") -> list[str]:
        """Give the addresses of a name, the domain unless said, as they are seen through sentry.

        Args:
            server: address of the server that is asked; the cluster's DNS unless said.
            name: that is asked for.
        """
        command = ["nslookup", "-type=a", name or self.domain, *([server] if server else [])]
        try:
            said = self.cluster.kubectl("-n", SYSTEM, "exec", "deploy/sentry", "--", *command)
        except LabError:
            return []
        # The server's own address stands above.
        return sorted(re.findall(r"^Address: ([0-9.]+)$", said.partition("Name:")[2], re.MULTILINE))

    def await_resolved(self, addresses: Sequence[str], server: str = "") -> None:
        """Wait until the domain has these addresses, as :meth:`resolves` sees it."""
        wanted = sorted(addresses)
        at = f" at {server}" if server else ""
        self.api.wait(lambda: self.resolves(server) == wanted, f"{self.domain} is {wanted}{at}")


def usual_serving(shared: Shared) -> Serving:
    """Give how a healthy node of a pair serves the platform's ports: HTTP, too, which leads to HTTPS."""
    credentials = f"{shared.registry_user}:{shared.registry_password}"
    return dataclasses.replace(Serving().with_port(HTTP, "redirect"), images=shared.images, credentials=credentials)
