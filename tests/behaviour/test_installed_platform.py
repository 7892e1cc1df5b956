"""An installed platform, from its API and its ports to the verdicts: everything real but what is behind them."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cluster_api import ClusterApi, Command, control_plane_node, listing, pod
from servers import own_address, valid_today, web_server
from sites import site_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from suite import SuiteRun

VIP, NODE = own_address(10), own_address(1)
HTTPS = 18443
APISERVER = "postinstall.control-plane.apiserver"
ETCD = "postinstall.control-plane.etcd"
CONSOLE = "postinstall.platform.web-console"
REGISTRY = "postinstall.platform.registry"
BALANCER = "postinstall.platform.load-balancer"
CERTIFICATES = "postinstall.platform.certificates"
INSTALLER = "postinstall.platform.installer-removed"
DNS = "postinstall.cluster.dns"
PODS = "postinstall.pods.healthy"
SEEN = {APISERVER, ETCD, f"{ETCD}-advised", CONSOLE, REGISTRY, BALANCER, CERTIFICATES, f"{CERTIFICATES}-advised", DNS}

_BUCKETS = """\
etcd_disk_{what}_duration_seconds_bucket{{le="0.001"}} 500
etcd_disk_{what}_duration_seconds_bucket{{le="+Inf"}} 500
"""
METRICS = "".join(_BUCKETS.format(what=what) for what in ("backend_commit", "wal_fsync"))
ETCDCTL = {
    "member": '{"members": [{"ID": 1, "name": "cp-1", "peerURLs": ["https://192.0.2.1:2380"]}]}',
    "status": '[{"Status": {"header": {"member_id": 1}, "version": "3.6.4", "dbSize": 20480, "leader": 1}}]',
    "health": '[{"endpoint": "https://192.0.2.1:2379", "health": true}]',
    "alarm": "{}",
}


def run_in_pod(_: str, words: list[str]) -> Command:
    """What etcdctl and nslookup print in a healthy cluster."""
    if words[0] == "nslookup":
        return Command(f"Server: x\nAddress: x\n\nName: {words[1]}\nAddress: 10.4.0.1\n".encode())
    return Command(next(text for word, text in ETCDCTL.items() if word in words).encode())


class Platform:
    """A healthy platform of one node, whose parts can be replaced before it is judged."""

    def __init__(self, stack: ExitStack, folder: Path, run_suite: Callable[..., SuiteRun]) -> None:
        self._stack, self._folder, self._run_suite = stack, folder, run_suite
        self.authority = valid_today("cluster CA")
        self.root = valid_today("Root")
        self.certificate = valid_today("platform", self.root, names=("x",), addresses=(VIP,))
        self.replies: dict[int, Any] = {
            HTTPS: {"/": (200, {}, b"")},
            6443: {"/readyz?verbose": (200, {}, b"ok")},
            11443: {"/v2/": (401, {}, b"")},
        }
        words = ("etcd", "--listen-metrics-urls=http://127.0.0.1:2381")
        self.api = ClusterApi(
            {
                "/version": {"gitVersion": "v1.33.4"},
                "/apis": {"groups": [{"name": "operator.alauda.io"}]},
                "/api/v1/nodes": listing(control_plane_node("cp-1", NODE)),
                "/api/v1/pods": listing(pod("sentry-1", namespace="cpaas-system")),
                "/apis/operator.alauda.io/v1alpha1/appreleases": listing(),
                "/api/v1/namespaces/kube-system/pods": listing(
                    pod(
                        "etcd-cp-1",
                        containers=("etcd",),
                        annotations={"kubernetes.io/config.mirror": ""},
                        command=words,
                    )
                ),
                "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app=kube-dns": listing(
                    pod("coredns-1", address="10.3.0.2")
                ),
                "/api/v1/namespaces/cpaas-system/pods": listing(pod("sentry-1")),
                "/apis/apps/v1/namespaces/cpaas-system/deployments/sentry": {
                    "spec": {"selector": {"matchLabels": {"service_name": "sentry"}}}
                },
                "/api/v1/namespaces/cpaas-system/secrets/dex.tls": {
                    "data": {
                        "tls.crt": base64.b64encode(self.certificate.pem + self.root.pem).decode(),
                        "tls.key": base64.b64encode(self.certificate.key_pem()).decode(),
                    }
                },
            },
            run_in_pod,
            {("etcd-cp-1", 2381): METRICS.encode()},
        )

    def judged(self, **parameters: Any) -> SuiteRun:
        """Start everything and run the suite on it, as a user does who has a kubeconfig."""
        for address in (VIP, NODE):
            signed = valid_today("kube-apiserver", self.authority, addresses=(address,))
            for port, replies in self.replies.items():
                chain = (signed,) if port == 6443 else (self.certificate, self.root)
                self._stack.enter_context(web_server(address, port, replies, *chain))
        self.api.certificate = valid_today("kube-apiserver", self.authority, addresses=("127.0.0.1",))
        self._stack.enter_context(self.api.running())
        kubeconfig = self._folder / "kubeconfig.yaml"
        kubeconfig.write_text(yaml.safe_dump(self._kubeconfig()), encoding="utf-8")
        planned = {
            "platform_address": VIP,
            "https_port": HTTPS,
            "http_port": 18080,
            "image_repository": {"kind": "platform"},
            "certificate": {"kind": "own"},
            **parameters,
        }
        file = site_file(self._folder, {"cp-1": ("control_plane", "installer")}, vip=VIP, parameters=planned)
        text = file.read_text(encoding="utf-8")
        file.write_text(
            text.replace("ansible_host: 192.0.2.1", f"{{ansible_host: {NODE}, ansible_port: 1}}"), encoding="utf-8"
        )
        return self._run_suite(
            "--acp-stage=postinstall", f"--acp-inventory={file}", f"--acp-kubeconfig={kubeconfig}", "--acp-deadline=20"
        )

    def _kubeconfig(self) -> dict[str, Any]:
        cluster = {
            "server": self.api.url,
            "certificate-authority-data": base64.b64encode(self.authority.pem).decode(),
        }
        return {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": "secret-of-the-user"}}],
        }


@pytest.fixture
def platform(tmp_path: Path, run_suite: Callable[..., SuiteRun]) -> Iterator[Platform]:
    """A platform whose servers end with the test."""
    with ExitStack() as stack:
        yield Platform(stack, tmp_path, run_suite)


def outcomes(run: SuiteRun) -> dict[str, str]:
    """The outcomes of each of the requirements that are asked here, in one word where all its targets agree."""
    found: dict[str, set[str]] = {}
    for (name, _), outcome in run.outcomes().items():
        if name in SEEN:
            found.setdefault(name, set()).add(outcome)
    return {name: "+".join(sorted(all_of_it)) for name, all_of_it in found.items()}


def test_a_healthy_platform_passes_and_nothing_secret_is_kept(platform: Platform) -> None:
    run = platform.judged()
    assert outcomes(run) == dict.fromkeys(SEEN, "passed"), run.output
    assert {target for (_, target) in run.outcomes(APISERVER)} == {f"{VIP}:6443", f"{NODE}:6443"}
    assert {target for (_, target) in run.outcomes(CERTIFICATES)} == {
        "cpaas-system/dex.tls",
        *(f"{address}:{port}" for address in (VIP, NODE) for port in (HTTPS, 6443, 11443)),
    }
    key = platform.certificate.key_pem().decode().splitlines()[1].encode()
    secrets = (key, base64.b64encode(platform.certificate.key_pem())[:40], b"secret-of-the-user")
    files = [file for file in run.reports.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files for secret in secrets if secret in file.read_bytes()]


def test_an_installer_node_that_cannot_be_reached_is_not_measured(platform: Platform) -> None:
    run = platform.judged()
    assert run.outcomes(INSTALLER) == {(INSTALLER, "global"): "broken"}
    assert "cp-1 could not be asked for its containers" in run.output


def test_a_platform_without_its_registry_fails_there_alone(platform: Platform) -> None:
    platform.replies[11443] = {"/v2/": (503, {}, b"")}
    run = platform.judged()
    assert outcomes(run) == {**dict.fromkeys(SEEN, "passed"), REGISTRY: "failed"}
    assert f"{VIP}:11443 answers /v2/ with status 503" in run.output


def test_a_registry_elsewhere_is_not_asked(platform: Platform) -> None:
    del platform.replies[11443]
    run = platform.judged(image_repository={"kind": "external"})
    assert outcomes(run) == {**dict.fromkeys(SEEN, "passed"), REGISTRY: "not_applicable"}


def test_rights_that_are_missing_break_what_needs_them_and_no_more(platform: Platform) -> None:
    platform.api.run = lambda *_: 403
    run = platform.judged()
    assert outcomes(run) == {
        **dict.fromkeys(SEEN, "passed"),
        ETCD: "broken",
        f"{ETCD}-advised": "broken",
        DNS: "broken",
    }
    assert "give this user that right (deploy/rbac.yaml holds all)" in run.output


def test_a_crashing_pod_is_shown_with_its_last_words(platform: Platform) -> None:
    sick = pod("api-1", namespace="cpaas-system")
    sick["status"]["containerStatuses"] = [
        {
            "name": "main",
            "ready": False,
            "restartCount": 5,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"reason": "Error", "exitCode": 1}},
        }
    ]
    documents = dict(platform.api.documents)
    documents["/api/v1/pods"] = listing(sick)
    documents["/api/v1/namespaces/cpaas-system/pods/api-1/log"] = "begin\nno route to the database\n"
    platform.api.documents = documents
    run = platform.judged()
    assert run.outcomes(PODS) == {(PODS, "cpaas-system"): "failed"}
    assert "last log line: no route to the database" in " ".join(run.output.split())


def test_a_cluster_whose_api_does_not_answer_is_still_seen_from_outside(platform: Platform) -> None:
    platform.api.documents = {"/version": 500}
    platform.replies[HTTPS] = {"/": (503, {}, b"")}
    run = platform.judged()
    found = outcomes(run)
    assert {name: found[name] for name in (CONSOLE, REGISTRY, BALANCER, APISERVER)} == {
        CONSOLE: "failed+passed",
        REGISTRY: "passed",
        BALANCER: "passed",
        APISERVER: "passed",
    }
    assert {found[name] for name in (ETCD, f"{ETCD}-advised", DNS)} == {"broken"}
