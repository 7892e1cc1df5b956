"""The stand-ins of the platform's console, registry and installer, on this machine alone."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from lab.platform.certificates import Authority
from lab.platform.releases import RELEASES
from lab.platform.serving import Serving, StandIn, listens
from lab.platform.site import Site, SiteNode

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS, VIP = "127.0.0.61", "127.0.0.62"
CONSOLE, REGISTRY, HTTP, INSTALLER = 443, 11443, 80, 8080


@pytest.fixture(scope="module")
def site() -> Site:
    if os.geteuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("CI must run this: stand-ins need root")
        pytest.skip("stand-ins enter a network namespace: needs root")
    nodes = (SiteNode("cp-1", ADDRESS, True),)  # noqa: FBT003 - its role
    authority = Authority("acp.example.com", (VIP,))
    return Site(RELEASES["4.2"], "v1.34.4", "acp.example.com", VIP, nodes, authority, "busybox")


@pytest.fixture
def network() -> Iterator[int]:
    """A process in a network of its own, with the loopback interface only."""
    command = "ip link set lo up && echo up && exec sleep 600"
    with subprocess.Popen(["unshare", "--net", "sh", "-c", command], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process.pid
        process.kill()


@pytest.fixture
def stand_in(site: Site) -> Iterator[StandIn]:
    one = StandIn(site, site.nodes[0], os.getpid())
    yield one
    one.stop()


def asked(port: int, path: str = "/", address: str = ADDRESS, *, tls: bool = True) -> tuple[HTTPResponse, bytes]:
    context = ssl._create_unverified_context()  # noqa: S323, SLF001 - what is served is looked at, not trusted
    connection = (
        HTTPSConnection(address, port, context=context, timeout=10)
        if tls
        else HTTPConnection(address, port, timeout=10)
    )
    with closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response, response.read()


def names(port: int) -> list[str]:
    pem = ssl.get_server_certificate((ADDRESS, port), timeout=10)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    value = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return value.get_values_for_type(x509.DNSName)


def test_the_console_leads_to_its_page(stand_in: StandIn) -> None:
    stand_in.serve(Serving())
    first, _ = asked(CONSOLE)
    assert (first.status, first.getheader("Location")) == (302, "/console-platform/")
    page, body = asked(CONSOLE, "/console-platform/")
    assert page.status == 200
    assert b"<title>Alauda Container Platform</title>" in body
    assert not listens(ADDRESS, HTTP)


def test_the_registry_asks_who_is_there(stand_in: StandIn) -> None:
    stand_in.serve(Serving())
    answer, _ = asked(REGISTRY, "/v2/")
    assert answer.status == 401
    assert answer.getheader("Docker-Distribution-Api-Version") == "registry/2.0"
    assert answer.getheader("Www-Authenticate") == 'Basic realm="registry"'


def test_a_node_can_serve_otherwise(stand_in: StandIn) -> None:
    stand_in.serve(Serving(console=503, registry=500, certificates={REGISTRY: "other-name"}))
    assert asked(CONSOLE)[0].status == 503
    assert asked(REGISTRY, "/v2/")[0].status == 500
    assert names(CONSOLE) == ["acp.example.com"]
    assert names(REGISTRY) == ["other.example.com"]
    stand_in.serve(Serving().without_port(CONSOLE))
    assert not listens(ADDRESS, CONSOLE)
    assert listens(ADDRESS, REGISTRY)


def test_other_ports_can_be_served(stand_in: StandIn) -> None:
    stand_in.serve(Serving().with_port(HTTP, "redirect").with_port(INSTALLER, "installer"))
    answer, _ = asked(HTTP, tls=False)
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{ADDRESS}/")
    assert b'"type": "Complete"' in asked(INSTALLER, tls=False)[1]


def test_a_silent_port_takes_connections_and_says_nothing(stand_in: StandIn) -> None:
    stand_in.serve(Serving().with_port(CONSOLE, "silent"))
    with socket.create_connection((ADDRESS, CONSOLE), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01")
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_one_that_says_nothing_keeps_nobody_waiting(stand_in: StandIn) -> None:
    stand_in.serve(Serving())
    with socket.create_connection((ADDRESS, CONSOLE), timeout=5):
        assert asked(CONSOLE, "/console-platform/")[0].status == 200


def test_a_stand_in_serves_in_its_nodes_network(site: Site, network: int) -> None:
    one = StandIn(site, site.nodes[0], network)
    one.serve(Serving())
    try:
        assert not listens(ADDRESS, CONSOLE)
        inside = ["nsenter", "--target", str(network), "--net", "bash", "-c", f"exec 3<>/dev/tcp/{ADDRESS}/{CONSOLE}"]
        assert subprocess.run(inside, check=False).returncode == 0
    finally:
        one.stop()
    assert subprocess.run(inside, check=False, stderr=subprocess.DEVNULL).returncode != 0
