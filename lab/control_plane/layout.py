"""What a control plane consists of: its members, their addresses, and the networks within."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.control_plane.releases import Release

POD_NETWORK = IPv4Network("10.3.0.0/16")
SERVICE_NETWORK = IPv4Network("10.4.0.0/16")
"""ACP's usual networks of Pods and of Services."""
API_SERVICE, DNS_SERVICE = str(SERVICE_NETWORK[1]), str(SERVICE_NETWORK[10])
DNS_DOMAIN = "cluster.local"
API_PORT = 6443
_POD_PREFIX = 24


@dataclass(frozen=True)
class Member:
    """A node of the cluster.

    Attributes:
        name: of its Node object.
        address: IPv4.
        number: from 0, in the order of the nodes; decides the addresses of its Pods.
        control_plane: it runs etcd and the API server, not only Pods.
    """

    name: str
    address: str
    number: int
    control_plane: bool

    @property
    def pod_range(self) -> IPv4Network:
        """The addresses of its Pods."""
        return list(POD_NETWORK.subnets(new_prefix=_POD_PREFIX))[self.number]


@dataclass(frozen=True)
class Layout:
    """A cluster.

    Attributes:
        release: of Kubernetes.
        members: its nodes, the control plane's first.
        endpoint: address at which nodes and people reach the API server: the only node's, or the VIP.
        vip: address of the load balancer; empty without one.
        domain: name of the platform, which the cluster's DNS answers with the endpoint.
        dns_server: address of the server that the cluster's DNS asks for the platform's name, instead of knowing it.
        encryption: the API servers' EncryptionConfiguration; empty where Secrets are not encrypted.
    """

    release: Release
    members: tuple[Member, ...]
    endpoint: str
    vip: str
    domain: str
    dns_server: str = ""
    encryption: str = field(default="", repr=False)

    @property
    def control_plane(self) -> list[Member]:
        """The nodes with etcd and the API server."""
        return [member for member in self.members if member.control_plane]

    @property
    def server(self) -> str:
        """The API server's address."""
        return f"https://{self.endpoint}:{API_PORT}"

    @property
    def server_names(self) -> list[str]:
        """Names and addresses that the API servers' certificate is valid for."""
        services = [f"kubernetes{end}" for end in ("", ".default", ".default.svc", f".default.svc.{DNS_DOMAIN}")]
        own = [word for member in self.control_plane for word in (member.address, member.name)]
        return list(dict.fromkeys([*services, "localhost", "127.0.0.1", API_SERVICE, self.endpoint, self.domain, *own]))

    @property
    def etcd_cluster(self) -> str:
        """The members of etcd, as etcd takes them."""
        return ",".join(f"{member.name}=https://{member.address}:2380" for member in self.control_plane)
