"""Where the platform is to answer, and the Secret that holds its certificate."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.certificates import pem_certificate
from acp_acceptance.collect.platform.places import places_of
from acp_acceptance.collect.platform.secret import NAME, compared, dex_certificate
from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.certificates import PlatformCertificate, expiring, require_known, unfit
from acp_acceptance.requirements import load_catalogue
from certificates import NOW, authority
from cluster_api import ClusterApi, control_plane_node, listing
from servers import valid_today
from sites import site_file, three_nodes

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.collect.platform.places import Places

BASE = "/apis/product.alauda.io/v1alpha2/productbases/base"
SECRET = "/api/v1/namespaces/cpaas-system/secrets/dex.tls"
NODES = listing(
    control_plane_node("cp-1", "10.0.0.1"),
    control_plane_node("unknown", "10.0.0.9"),
    {
        "metadata": {"name": "worker", "labels": {}},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.7"}]},
    },
)


def places(folder: Path, documents: dict[str, Any] | None = None, **site: Any) -> Places:
    file = site_file(folder, three_nodes("worker-1"), **site)
    inventory = load_inventory(file, releases=list(load_catalogue().releases))
    (cluster,) = inventory.site.clusters.values()
    with ClusterApi(documents or {"/api/v1/nodes": NODES}).running() as api:
        return places_of(inventory, cluster, api)


def test_the_inventory_says_where(tmp_path: Path) -> None:
    found = places(
        tmp_path,
        vip="192.0.2.10",
        external_ip="198.51.100.1",
        parameters={
            "other_platform_addresses": ["alt.example.com", "192.0.2.10"],
            "https_port": 8443,
            "image_repository": {"kind": "external"},
            "certificate": {"kind": "own"},
        },
    )
    assert dict(found.access) == {
        "acp.example.com": "platform address",
        "alt.example.com": "other platform address",
        "192.0.2.10": "other platform address",
        "198.51.100.1": "External IP",
    }
    assert found.in_front == {"192.0.2.10": "VIP", "198.51.100.1": "External IP"}
    assert (found.https_port, found.registry, found.certificate) == (8443, False, "own")
    assert not found.unknown


def test_control_plane_nodes_are_those_of_the_inventory_and_of_the_cluster(tmp_path: Path) -> None:
    found = {node.name: (node.address, node.internal) for node in places(tmp_path, vip="192.0.2.10").nodes}
    assert found == {
        "cp-1": ("192.0.2.1", "10.0.0.1"),
        "cp-2": ("192.0.2.2", "192.0.2.2"),
        "cp-3": ("192.0.2.3", "192.0.2.3"),
        "unknown": ("10.0.0.9", "10.0.0.9"),
    }


def test_where_the_inventory_is_silent_the_cluster_says_it(tmp_path: Path) -> None:
    spec = {"platformURL": "https://acp.example.org:9443/x", "alternativeURLs": ["https://192.0.2.10", 5, "junk://a"]}
    found = places(
        tmp_path,
        {BASE: {"spec": spec}, "/api/v1/nodes": NODES},
        vip="192.0.2.10",
        parameters={"platform_address": None},
    )
    assert dict(found.access) == {"acp.example.org": "platform address", "192.0.2.10": "other platform address"}
    assert (found.platform_address, found.https_port) == ("acp.example.org", 9443)


@pytest.mark.parametrize(
    "base", [404, 403, {}, {"spec": {"platformURL": "https://[junk"}}, {"spec": {"platformURL": 5}}]
)
def test_where_nobody_says_it_what_to_write_is_said(tmp_path: Path, base: object) -> None:
    found = places(tmp_path, {BASE: base, "/api/v1/nodes": 403}, parameters={"platform_address": None})
    assert "does not say parameters.platform_address" in found.unknown["platform address"]
    assert "write vip: there" in found.unknown["VIP"]
    assert [(node.name, node.internal) for node in found.nodes] == [("cp-1", ""), ("cp-2", ""), ("cp-3", "")]


def test_a_cluster_whose_nodes_nobody_knows_says_so(tmp_path: Path) -> None:
    file = site_file(tmp_path, {"worker-1": ("worker",)})
    inventory = load_inventory(file, releases=list(load_catalogue().releases))
    (cluster,) = inventory.site.clusters.values()
    for answer, said in ((403, "could not be listed"), (listing(), "neither the inventory nor the cluster")):
        with ClusterApi({"/api/v1/nodes": answer}).running() as api:
            assert said in places_of(inventory, cluster, api).unknown["nodes"]


def test_a_single_node_needs_no_vip(tmp_path: Path) -> None:
    assert "VIP" not in places(tmp_path, topology="single_node").unknown


def secret(**data: bytes) -> dict[str, Any]:
    return {"data": {name.replace("_", "."): base64.b64encode(value).decode() for name, value in data.items()}}


def test_the_secret_s_certificate_is_read_and_its_key_is_not_kept(tmp_path: Path) -> None:
    issuer = authority()
    where = places(tmp_path, vip="192.0.2.10", parameters={"certificate": {"kind": "own"}})
    document = secret(tls_crt=issuer.leaf.pem + issuer.middle.pem, tls_key=issuer.leaf.key_pem())
    with ClusterApi({SECRET: document}).running() as api:
        found = dex_certificate(api, where)
    certificate = found[NAME]
    assert not [*unfit(certificate, NOW, 30)]
    require_known(certificate)
    assert certificate.names == ("acp.example.com",)
    assert not [line for line in issuer.leaf.key_pem().decode().splitlines()[1:-1] if line in repr(found)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (403, "deploy/rbac.yaml"),
        (404, "knows no"),
        ({"data": {"tls.crt": 5}}, "holds no tls.crt"),
        ({"data": {"tls.crt": "%%%"}}, "holds no readable tls.crt"),
        ({}, "holds no tls.crt"),
    ],
)
def test_a_secret_that_cannot_be_read_says_why(tmp_path: Path, answer: object, said: str) -> None:
    where = places(tmp_path, vip="192.0.2.10")
    with ClusterApi({SECRET: answer}).running() as api:
        certificate = dex_certificate(api, where)[NAME]
    with pytest.raises(CollectionError, match=said):
        require_known(certificate)


def test_a_secret_that_holds_no_certificate_fails(tmp_path: Path) -> None:
    where = places(tmp_path, vip="192.0.2.10")
    with ClusterApi({SECRET: secret(tls_crt=b"junk")}).running() as api:
        certificate = dex_certificate(api, where)[NAME]
    assert [sentence for sentence, _ in unfit(certificate, NOW, 30)] == ["none"]
    with pytest.raises(CollectionError, match="no readable certificate"):
        [*expiring(certificate, NOW, 30)]


def test_what_nodes_serve_is_to_be_issued_by_who_issued_the_secret_s(tmp_path: Path) -> None:
    where = places(tmp_path, vip="192.0.2.10", parameters={"certificate": {"kind": "self_signed"}})
    secret_s, foreign = authority(), valid_today("acp", valid_today("Another"), names=("acp.example.com",))
    own = {NAME: PlatformCertificate(pem_certificate(secret_s.leaf.pem), ("acp.example.com",), "platform")}
    served = {
        f"{address}:{port}": replace(own[NAME], content=pem_certificate(foreign.pem))
        for address in ("acp.example.com", "192.0.2.10", "192.0.2.1")
        for port in (443, 11443)
    }
    found = compared({**served, "192.0.2.2:443": own[NAME]}, own, where)
    today = datetime.now(timezone.utc)
    faulty = {name for name, item in found.items() if "foreign" in [sentence for sentence, _ in unfit(item, today, 0)]}
    assert faulty == {"192.0.2.10:443", "192.0.2.1:443"}
    assert compared(served, {NAME: PlatformCertificate(None, problem="not seen")}, where) == served
