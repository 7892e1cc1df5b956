"""What is read of each side of a pair: settings, the VIP, the registry, backups; against servers of the tests' own."""

from __future__ import annotations

import base64
import importlib.resources
import json
import re
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.certificates import pem_certificate
from acp_acceptance.collect.pair.backup import backup
from acp_acceptance.collect.pair.front import front
from acp_acceptance.collect.pair.operators import operators
from acp_acceptance.collect.pair.registry import registry
from acp_acceptance.collect.pair.said import said
from acp_acceptance.collect.pair.subjects import Seal, Side
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.certificates import Certificates, PlatformCertificate
from cluster_api import ClusterApi, listing
from pairs import STANDBY, pair_inventory
from servers import own_address, valid_today, web_server

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Issued

BASE = "/apis/product.alauda.io/v1alpha1/productbases/base"
SECRET = "/api/v1/namespaces/cpaas-system/secrets/registry-admin"
CLUSTER = "/apis/platform.tkestack.io/v1/clusters/global"
MODULES = "/apis/cluster.alauda.io/v1alpha1/moduleinfoes"
BACKUP = "/apis/enhancement.cluster.alauda.io/v1/etcdbackupconfigurations/etcd-backup-default"
PASSWORD = "planted-registry-passphrase"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def documents(**changed: Any) -> dict[str, Any]:
    """Give what the cluster answers; ``changed`` replaces parts of ProductBase's specification."""
    spec = {
        "platformURL": "https://acp.example.com",
        "alternativeURLs": ["https://198.51.100.10"],
        "http": {"httpPort": 80, "httpsPort": 443},
        "registry": {"address": "acp.example.com:11443"},
        "defaultAdmin": {"account": "admin", "hash": "planted-hash"},
        **changed,
    }
    config = {"mode": "deterministic", "replication_group_id": "1", "root_key": "planted-root-key"}
    return {
        BASE: {"spec": spec},
        CLUSTER: {"status": {"addresses": [{"host": "198.51.100.10", "port": 6443}]}},
        SECRET: {"data": {"username": encoded("registry"), "password": encoded(PASSWORD)}},
        f"{MODULES}?labelSelector=cpaas.io/module-name=etcd-encryption-manager": listing({"spec": {"config": config}}),
    }


def side_of(folder: Path, way: Any, *, vip: str = "", certificate: Issued | None = None) -> Side:
    """Give the standby; its Secret ``dex.tls`` holds a certificate."""
    inventory = pair_inventory(folder, lambda site: site.update(release="4.3"))
    cluster = inventory.site.clusters[STANDBY]
    parameters = cluster.parameters.model_copy(update={"https_port": 8443})
    cluster = cluster.model_copy(update={"vip": vip or cluster.vip, "parameters": parameters})
    content = pem_certificate(certificate.pem) if certificate else None
    held = Certificates({"cpaas-system/dex.tls": PlatformCertificate(content, problem="" if content else "hidden")})
    platform = PlatformFacts(STANDBY, {"certificates": held})
    nodes = tuple(
        node.model_copy(update={"address": own_address(9)}) if node.name == f"{STANDBY}-m1" else node
        for node in inventory.nodes
        if node.cluster != STANDBY or node.name == f"{STANDBY}-m1"
    )
    inventory = inventory.model_copy(update={"nodes": nodes})
    return Side(inventory, cluster, way, 3, platform, {}, lambda *_: None, Seal())  # type: ignore[arg-type,return-value]


def settings(folder: Path, answers: dict[str, Any]) -> Any:
    with ClusterApi(answers).running() as api:
        return said(side_of(folder, api))["said"]


def test_settings_are_read_and_of_secrets_only_marks_are_kept(tmp_path: Path) -> None:
    found = settings(tmp_path, documents())
    assert found.one("platform_address") == "https://acp.example.com"
    assert found.all("other_addresses") == ("https://198.51.100.10",)
    assert (found.one("http_port"), found.one("https_port")) == ("80", "443")
    assert found.one("cluster_endpoint") == "198.51.100.10"
    assert found.one("encryption_mode") == "deterministic"
    for name in ("repository_user", "repository_password", "encryption_root_key"):
        assert re.fullmatch("[0-9a-f]{16}", found.one(name))
    assert not [word for word in ("planted", encoded(PASSWORD)) if word in repr(found)]


def test_an_empty_list_is_a_value_and_an_empty_password_no_mark(tmp_path: Path) -> None:
    answers = documents(alternativeURLs=[])
    answers[SECRET]["data"]["password"] = ""
    found = settings(tmp_path, answers)
    assert found.all("other_addresses") == ()
    assert found.one("repository_password") == ""


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({BASE: 404}, "admin_user", "has no object"),
        ({BASE: 403}, "platform_address", "status 403"),
        ({BASE: {"spec": {"defaultAdmin": "odd"}}}, "admin_user", "correct it there if it is elsewhere"),
        ({BASE: {"spec": {"http": {"httpPort": True}}}}, "http_port", "correct it there"),
        ({SECRET: {"data": {"password": "no base64!"}}}, "repository_password", "not in base64"),
        ({SECRET: {}}, "repository_user", "data.username"),
        ({MODULES: listing()}, "encryption_mode", "no object"),
    ],
)
def test_a_setting_that_is_not_there_says_where_it_was_looked_for(
    tmp_path: Path, change: dict[str, Any], name: str, words: str
) -> None:
    answers = {**documents(), **change}
    if MODULES in change:
        answers = {path: found for path, found in answers.items() if not path.startswith(f"{MODULES}?")}
    with pytest.raises(CollectionError, match=words):
        settings(tmp_path, answers).one(name)


def test_of_a_side_that_is_not_reached_the_reason_stands_for_all(tmp_path: Path) -> None:
    side = side_of(tmp_path, Problem("unreachable", "nobody answers"))
    for step in (said, backup, registry):
        with pytest.raises(ApiError, match="nobody answers"):
            step(side)


def catalogue(*, password: str = PASSWORD) -> dict[str, Any]:
    """Give a registry of two pages, for those who have its credentials."""

    def reply(document: dict[str, Any], **more: str) -> Any:
        def give(headers: Any) -> Any:
            if headers.get("authorization") != f"Basic {encoded(f'registry:{password}')}":
                return 401, {}, b""
            return 200, more, json.dumps(document).encode()

        return give

    link = '</v2/_catalog?last=acp%2Fa&n=500>; rel="next"'
    return {
        "/v2/_catalog?n=500": reply({"repositories": ["acp/a", 7]}, Link=link),
        "/v2/_catalog?last=acp%2Fa&n=500": reply({"repositories": ["acp/b"]}),
        "/v2/acp/a/tags/list": reply({"tags": ["v2", "v1", None]}),
        "/v2/acp/b/tags/list": reply({"tags": None}),
    }


def read_registry(folder: Path, replies: dict[str, Any], served: Issued, held: Issued | None) -> tuple[Any, list[Any]]:
    vip = own_address(8)
    with ClusterApi(documents()).running() as api, web_server(vip, 11443, replies, served) as server:
        try:
            return registry(side_of(folder, api, vip=vip, certificate=held))["registry"], server.asked
        except CollectionError as error:
            return error, server.asked


def test_a_registry_is_read_page_by_page(tmp_path: Path) -> None:
    own = valid_today("acp.example.com", names=("acp.example.com",))
    found, _ = read_registry(tmp_path, catalogue(), own, own)
    assert found.repositories == {"acp/a": ("v1", "v2"), "acp/b": ()}


def test_no_credentials_are_sent_to_whom_nobody_knows(tmp_path: Path) -> None:
    own, other = (valid_today("acp.example.com", names=("acp.example.com",)) for _ in range(2))
    for held in (other, None):
        error, asked = read_registry(tmp_path, catalogue(), own, held)
        assert "it is not recognised" in str(error)
        assert not asked


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        (catalogue(password="another"), "refuses the credentials"),
        ({"/v2/_catalog?n=500": (200, {}, b"<html>")}, "no JSON"),
        ({"/v2/_catalog?n=500": (200, {}, b"[]")}, "no JSON object"),
        ({"/v2/_catalog?n=500": (500, {}, b"")}, "with 500"),
        ({**catalogue(), "/v2/acp/b/tags/list": (404, {}, b"{}")}, "with 404"),
    ],
)
def test_a_registry_that_does_not_say_what_it_holds_is_not_judged(
    tmp_path: Path, replies: dict[str, Any], words: str
) -> None:
    own = valid_today("acp.example.com", names=("acp.example.com",))
    error, _ = read_registry(tmp_path, replies, own, own)
    assert isinstance(error, CollectionError)
    assert words in str(error)


def test_a_vip_is_looked_at_from_outside(tmp_path: Path) -> None:
    vip, own = own_address(8), valid_today("acp.example.com", names=("acp.example.com",))
    etcd = valid_today("etcd", addresses=(own_address(9),))
    with ExitStack() as stack:
        for address, port, served in ((vip, 8443, own), (vip, 2379, etcd), (own_address(9), 2379, etcd)):
            stack.enter_context(web_server(address, port, {}, served))
        found: Any = front(side_of(tmp_path, Problem("unreachable", "no API"), vip=vip))["front"]
    assert (found.ports["8443"], found.ports["2379"], found.ports["6443"]) == ("open", "open", "refused")
    assert found.domain.content.names == ("acp.example.com",)
    assert found.etcd_on_nodes == {f"{STANDBY}-m1": found.etcd.content.fingerprint}
    assert found.node_addresses == ()


def test_a_vip_that_nobody_names_is_said(tmp_path: Path) -> None:
    side = side_of(tmp_path, Problem("unreachable", "no API"))
    side = replace(side, cluster=side.cluster.model_copy(update={"vip": None}))
    for step in (front, registry):
        with pytest.raises((CollectionError, ApiError), match="write vip: there"):
            step(side)


def backups(folder: Path, *records: Any) -> Any:
    with ClusterApi({BACKUP: {"status": {"records": list(records)}}}).running() as api:
        return backup(side_of(folder, api))["backup"]


def test_the_newest_backup_counts(tmp_path: Path) -> None:
    old = {"result": "Failed", "completionTime": "2026-11-19T00:00:00Z"}
    new = {"result": "Success", "startTime": "2026-11-20T00:00:00Z"}
    for records in ((old, new), (new, old), (new, "odd", {"startTime": 7}, old)):
        found = backups(tmp_path, *records)
        assert (found.result, found.made.isoformat(), found.records) == (
            "Success",
            "2026-11-20T00:00:00+00:00",
            len(records),
        )
    assert backups(tmp_path).records == 0
    with ClusterApi({}).running() as api:
        found: Any = backup(side_of(tmp_path, api))["backup"]
    assert not found.configured


SHELLS = [["sh"], *([["busybox", "sh"]] if shutil.which("busybox") else [])]


def test_operators_are_listed_where_a_cluster_knows_them(tmp_path: Path) -> None:
    knative = "/apis/operator.knative.dev/v1beta1"
    found = {
        "/apis/operators.coreos.com/v1alpha1/subscriptions": listing(
            {"metadata": {"name": "knative", "namespace": "operators"}, "spec": {"name": "knative-operator"}}, {}
        ),
        f"{knative}/knativeeventings": listing({"metadata": {"name": "main", "namespace": "knative-eventing"}}),
    }
    with ClusterApi(found).running() as api:
        known: Any = operators(side_of(tmp_path, api))["operators"]
    assert known.subscriptions == ("knative-operator",)
    assert known.instances == ("KnativeEventing knative-eventing/main",)
    with ClusterApi({}).running() as api:
        assert operators(side_of(tmp_path, api))["operators"] == type(known)(())
    with ClusterApi({f"{knative}/knativeservings": 403}).running() as api, pytest.raises(ApiError, match="403"):
        operators(side_of(tmp_path, api))


CONFIGURATIONS = {
    "block": "providers:\n- aescbc:\n    keys:\n    - name: key1\n      secret: c2VjcmV0\n    - name: key1 # twice\n"
    "      secret: c2VjcmV0\n- identity: {}\n",
    "flow": 'providers: [{aescbc: {keys: [{name: "key1", secret: c2VjcmV0}, {secret: c2VjcmV0, name: key1}]}}]\n',
    "JSON": '{"providers":[{"aescbc":{"keys":[{"name":"key1","secret":"c2VjcmV0"},{"name":"key1","secret":"c2VjcmV0"}]}}]}',
}


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("form", CONFIGURATIONS)
def test_of_the_keys_only_names_leave_a_node(tmp_path: Path, shell: list[str], form: str) -> None:
    file = tmp_path / "encryption.conf"
    file.write_text(CONFIGURATIONS[form], encoding="utf-8")
    probe = importlib.resources.files("acp_acceptance.collect").joinpath("script/software.sh").read_text("utf-8")
    (function,) = re.findall(r"^encryption_keys\(\) \{\n.*?^\}\n", probe, re.MULTILINE | re.DOTALL)
    script = function.replace("/etc/kubernetes/encryption-provider.conf", str(file)) + "encryption_keys"
    said = subprocess.run([*shell, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["provider aescbc", "key key1", "key key1"]
