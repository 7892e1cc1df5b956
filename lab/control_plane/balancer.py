"""The load balancer before a control plane: haproxy in a node of its own, with the VIP; plain TCP, as ACP asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.control_plane.node_setup import service, service_files
from lab.plan import NodeFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.control_plane.layout import Layout

PORTS = (443, 6443, 11443)
"""What ACP wants forwarded: the platform, the API server, the image registry."""
_CONFIG = "etc/haproxy/haproxy.cfg"


def balancer_files(layout: Layout, ports: Iterable[int]) -> list[NodeFile]:
    """Give the files of the balancer's node."""
    return [
        *service_files(),
        service("haproxy", ["haproxy", "-db", "-f", f"/{_CONFIG}"]),
        NodeFile(_CONFIG, haproxy_config(layout, ports)),
    ]


def haproxy_config(layout: Layout, ports: Iterable[int]) -> str:
    """Give haproxy's configuration: each port of the VIP leads to the control plane's nodes that answer there."""
    sections = [
        "defaults\n  mode tcp\n  balance roundrobin\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n"
    ]
    for port in ports:
        servers = "".join(
            f"  server {member.name} {member.address}:{port} check inter 1s fall 2 rise 1\n"
            for member in layout.control_plane
        )
        sections.append(f"listen port-{port}\n  bind {layout.vip}:{port}\n{servers}")
    return "\n".join(sections)
