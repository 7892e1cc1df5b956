"""What serves the platform's ports: a stand-in on each control plane node, and haproxy at the VIP before them."""

from __future__ import annotations

import dataclasses
import json
import socket
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.platform.certificates import GOOD
from lab.platform.plane import run_on
from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.nodes import LabNode
    from lab.platform.site import Site, SiteNode

HTTPS, API, REGISTRY, HTTP, INSTALLER, ETCD = 443, 6443, 11443, 80, 8080, 2379
_KNOWN = (HTTPS, API, REGISTRY, HTTP, ETCD)
_CONFIGURATION = "/etc/haproxy/haproxy.cfg"
_OWN_CERTIFICATE = "/etc/haproxy/own.pem"
_SERVICE = "/usr/lib/lab/service"
_START_SECONDS = 20.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Serving:
    """How a node serves the platform's ports; as it stands here a node is healthy.

    Attributes:
        ports: what listens where, see :class:`lab.platform.standin.Words`.
        console: status of the console's page.
        registry: status of the registry.
        certificates: port to the kind of its certificate, where it is not the good one.
        images: what the registry holds, for those who have its credentials: repository to tags.
        credentials: of the registry, as ``user:password``; empty where nobody has them.
    """

    ports: Mapping[int, str] = field(default_factory=lambda: {HTTPS: "console", REGISTRY: "registry"})
    console: int = 200
    registry: int = 401
    certificates: Mapping[int, str] = field(default_factory=dict)
    images: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    credentials: str = field(default="", repr=False)

    def with_port(self, port: int, role: str) -> Serving:
        """Give one that serves a further port."""
        return dataclasses.replace(self, ports={**self.ports, port: role})

    def without_port(self, port: int) -> Serving:
        """Give one that does not serve a port."""
        return dataclasses.replace(self, ports={key: role for key, role in self.ports.items() if key != port})

    def words(self, site: Site, node: SiteNode) -> str:
        """Say it as the stand-in takes it."""

        def pem(kind: str) -> str:
            issued = site.authority.certificate(kind)
            return issued.pem + issued.key_pem

        words = {
            "address": node.address,
            "console": self.console,
            "registry": self.registry,
            "ports": {str(port): role for port, role in self.ports.items()},
            "certificate": pem(GOOD),
            "certificates": {str(port): pem(kind) for port, kind in self.certificates.items()},
            "images": dict(self.images),
            "credentials": self.credentials,
        }
        return json.dumps(words) + "\n"


@dataclass
class StandIn:
    """The stand-in of one node.

    Attributes:
        site: the cluster.
        node: it runs on.
        process: id of a process in the node's network.
    """

    site: Site
    node: SiteNode
    process: int
    _running: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)

    def serve(self, serving: Serving) -> None:
        """Begin to serve, or serve otherwise than before.

        Raises:
            LabError: it does not.
        """
        self.stop()
        here = Path(__file__).parents[2]
        program = [sys.executable, "-m", "lab.platform.standin"]
        command = ["nsenter", "--target", str(self.process), "--net", "--", *program]
        self._running = subprocess.Popen(
            command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(serving.words(self.site, self.node))
        self._running.stdin.flush()
        if self._running.stdout.readline() != "ready\n":
            self.stop()
            raise LabError(f"{self.node.name} does not serve the platform's ports")

    def stop(self) -> None:
        """End it."""
        if self._running is not None:
            with suppress(BrokenPipeError):
                self._running.communicate()
            self._running = None


@dataclass(frozen=True)
class Balancing:
    """How the load balancer passes ports on; as it stands here it is healthy.

    Attributes:
        ports: port of the VIP to the nodes' port.
        without: names of nodes that are left out.
        terminated: ports at which it ends TLS itself, with a certificate of its own (layer 7), and begins it anew.
    """

    ports: Mapping[int, int] = field(default_factory=lambda: {HTTPS: HTTPS, API: API, REGISTRY: REGISTRY})
    without: tuple[str, ...] = ()
    terminated: tuple[int, ...] = ()

    def configuration(self, site: Site) -> str:
        """Say it as haproxy takes it."""
        lines = ["defaults", "  mode tcp", "  option redispatch 1", "  retries 2"]
        lines += ["  timeout connect 5s", "  timeout client 1h", "  timeout server 1h"]
        for port, behind in self.ports.items():
            ended = port in self.terminated
            tls = f" ssl crt {_OWN_CERTIFICATE} alpn h2" if ended else ""
            lines += [f"listen port-{port}", f"  bind {site.vip}:{port}{tls}", "  balance roundrobin"]
            lines += ["  mode http"] if ended else []
            for node in site.control_plane:
                if node.name not in self.without:
                    anew = " ssl verify none alpn h2" if ended else ""
                    lines.append(f"  server {node.name} {node.address}:{behind} check inter 1s{anew}")
        return "\n".join([*lines, ""])


@dataclass(frozen=True)
class LoadBalancer:
    """haproxy in a node of its own, which has the VIP.

    Attributes:
        site: the cluster.
        node: it runs in; ``None`` where the only node is reached without one, and nothing can be balanced otherwise.
    """

    site: Site
    node: LabNode | None

    def balance(self, balancing: Balancing) -> None:
        """Pass on from now on as is said, and end all connections that were passed on.

        Raises:
            LabError: it does not.
        """
        if self.node is None:
            return
        words = f"cat >{_CONFIGURATION} <<'WORDS'\n{balancing.configuration(self.site)}WORDS\n"
        if balancing.terminated:
            own = self.site.authority.certificate(GOOD)
            words += f"umask 077; cat >{_OWN_CERTIFICATE} <<'WORDS'\n{own.pem}{own.key_pem}WORDS\n"
        run_on(self.node, f"{words}haproxy -c -q -f {_CONFIGURATION}\n{_SERVICE} restart haproxy")
        end = time.monotonic() + _START_SECONDS
        while wrong := [port for port in _KNOWN if listens(self.site.vip, port) != (port in balancing.ports)]:
            if time.monotonic() > end:
                log = run_on(self.node, "tail -n 5 /var/log/haproxy.log")
                raise LabError(f"haproxy at {self.site.vip} does not serve {wrong} as it should: {log}")
            time.sleep(_LOOK_SECONDS)


def listens(address: str, port: int) -> bool:
    """Say whether something takes connections at a port."""
    with suppress(OSError), socket.create_connection((address, port), timeout=1):
        return True
    return False


def speaks_tls(address: str, port: int) -> bool:
    """Say whether something shows a certificate at a port; which one does not matter here."""
    with suppress(OSError):
        return bool(ssl.get_server_certificate((address, port), timeout=1))
    return False
