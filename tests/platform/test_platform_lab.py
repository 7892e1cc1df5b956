"""The platform on a real control plane: it becomes healthy, and each fault can be seeded and undone."""

from __future__ import annotations

import json
import ssl
from http.client import HTTPSConnection
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab import LabError
from lab.control_plane import ControlPlane
from lab.platform import FAULTS, Platform
from lab.platform.api import Api, Reference, RefusedError
from lab.platform.plane import run_on
from lab.platform.readiness import await_healthy
from lab.platform.resources import CLUSTER_MODULE, definitions
from lab.platform.serving import HTTP, HTTPS, REGISTRY, listens
from lab.platform.site import SYSTEM
from planes import runnable
from platforms import names, unlike_healthy

if TYPE_CHECKING:
    from collections.abc import Iterator


RELEASE = "4.3"
# One for each way in which faults are seeded; all of them are seeded, and judged, by the tests of requirements.
USUAL = list(
    {
        tuple(sorted({type(step).__name__ for step in fault.steps})): fault.name
        for fault in FAULTS.values()
        if fault.control_plane == 1 and RELEASE in fault.releases and not fault.slow
    }.values()
)


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    one = ControlPlane("1.34", "platform", say=lambda _line: None, balancer=True)
    runnable(one)
    with one:
        yield one


@pytest.fixture(scope="module")
def platform(plane: ControlPlane) -> Iterator[Platform]:
    with Platform(plane, release=RELEASE) as one:
        yield one


def asked_by_reader(platform: Platform) -> Api:
    return Api(platform.kubeconfig)


def test_kubectl_lists_releases_as_the_platform_does(platform: Platform) -> None:
    listed = platform.plane.kubectl("-n", SYSTEM, "get", "ars", "sentry")
    assert listed.splitlines()[0].split() == ["NAME", "SYNC", "HEALTH", "MESSAGE", "UPDATE", "AGE"]
    assert listed.splitlines()[1].split()[:5] == ["sentry", "Synced", "Ready", "chart", "synced"]


def test_the_official_wait_succeeds(platform: Platform) -> None:
    said = platform.plane.kubectl("-n", SYSTEM, "wait", "ars", "--all", "--for", "condition=Health", "--timeout=30s")
    assert said.count("condition met") == 12


@pytest.mark.parametrize("word", ["ar", "minfo", "clsm", "prdb", "cls", "ma", "cvsh", "ebc"])
def test_kinds_have_their_short_names(platform: Platform, word: str) -> None:
    found = json.loads(platform.plane.kubectl("get", word, "-A", "-o", "json"))
    assert found["items"]
    assert all(item["status"] for item in found["items"])


def test_a_product_base_can_be_read_in_both_versions(platform: Platform) -> None:
    old, new = (
        platform.api.get(Reference(f"product.alauda.io/{version}", "ProductBase", "base"))
        for version in ("v1alpha1", "v1alpha2")
    )
    assert old is not None
    assert new is not None
    assert old["status"]["base"]["deployStatus"] == "Completed"
    assert new["status"]["phase"] == "Running"


def test_each_release_has_observed_its_generation(platform: Platform) -> None:
    for item in platform.api.items(f"/apis/operator.alauda.io/v1alpha1/namespaces/{SYSTEM}/appreleases"):
        assert item["status"]["observedGeneration"] == item["metadata"]["generation"]


def test_an_object_that_is_not_of_the_schema_is_refused(platform: Platform) -> None:
    item = platform.healthy_object(CLUSTER_MODULE)
    item["status"]["base"]["deployStatus"] = "Fine"
    with pytest.raises(RefusedError, match="Unsupported value"):
        platform.api.apply(item)


def test_everything_is_as_healthy_objects_say(platform: Platform) -> None:
    assert not unlike_healthy(platform)
    pods = platform.api.items("/api/v1/pods")
    assert {pod["status"]["phase"] for pod in pods} <= {"Running", "Succeeded"}
    assert {item["status"]["phase"] for item in platform.api.items("/api/v1/persistentvolumeclaims")} == {"Bound"}
    assert len(definitions(platform.site.release)) == 8


def test_names_resolve_through_sentry(platform: Platform) -> None:
    for name, address in ((platform.domain, platform.site.vip), ("kubernetes.default.svc.cluster.local", "10.4.0.1")):

        def resolves(name: str = name, address: str = address) -> bool:
            try:
                return address in platform.plane.kubectl("-n", SYSTEM, "exec", "deploy/sentry", "--", "nslookup", name)
            except LabError:
                # kube-proxy hears of a new CoreDNS Pod a moment after it is ready.
                return False

        platform.api.wait(resolves, f"{name} resolves to {address}")


def test_the_console_and_the_registry_answer(platform: Platform) -> None:
    context = ssl.create_default_context(cadata=platform.site.authority.root.pem)
    context.check_hostname = False
    for port, path, status in ((HTTPS, "/", 302), (REGISTRY, "/v2/", 401)):
        connection = HTTPSConnection(platform.site.vip, port, context=context, timeout=10)
        connection.request("GET", path)
        assert connection.getresponse().status == status
        connection.close()
    assert not listens(platform.site.vip, HTTP)


def test_the_runs_user_reads_and_does_nothing_else(platform: Platform) -> None:
    with asked_by_reader(platform) as api:
        assert api.items("/api/v1/pods")
        assert api.call("GET", "/version")["gitVersion"]
        assert api.get(Reference("v1", "Secret", "dex.tls", SYSTEM))
        for method, path in (("GET", "/api/v1/secrets"), ("DELETE", f"/api/v1/namespaces/{SYSTEM}/pods/sentry")):
            with pytest.raises(RefusedError, match="forbidden"):
                api.call(method, path)


def test_no_installer_is_left(platform: Platform) -> None:
    assert run_on(platform.node(0), "nerdctl ps --format '{{.Names}}'") == ""
    assert "NAMES" in run_on(platform.node(0), "nerdctl -n k8s.io ps -a")


@pytest.mark.parametrize("name", USUAL)
def test_a_fault_can_be_seeded_and_undone(platform: Platform, name: str) -> None:
    before = names(platform)
    with platform.fault(name):
        pass
    assert names(platform) == before
    await_healthy(platform.api, platform.site)
    assert unlike_healthy(platform) == []


SHOWN: dict[str, Any] = {
    "apprelease-not-ready": ("appreleases", lambda items: any("NotReady" in json.dumps(item) for item in items)),
    "apprelease-without-status": ("appreleases", lambda items: any("status" not in item for item in items)),
    "apprelease-odd": ("appreleases", lambda items: any(item["status"]["conditions"] == "none" for item in items)),
    "apprelease-stale": (
        "appreleases",
        lambda items: any(item["status"]["observedGeneration"] < item["metadata"]["generation"] for item in items),
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_fault_of_a_release_shows(platform: Platform, name: str) -> None:
    kind, shows = SHOWN[name]
    path = f"/apis/operator.alauda.io/v1alpha1/namespaces/{SYSTEM}/{kind}"
    assert not shows(platform.api.items(path))
    with platform.fault(name):
        assert shows(platform.api.items(path))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pods-forbidden", "/api/v1/pods"),
        ("appreleases-forbidden", "/apis/operator.alauda.io/v1alpha1/appreleases"),
        ("readyz-forbidden", "/readyz?verbose=0"),
        ("version-forbidden", "/version"),
        ("secret-forbidden", f"/api/v1/namespaces/{SYSTEM}/secrets/dex.tls"),
    ],
)
def test_a_right_that_is_taken_is_missed(platform: Platform, name: str, path: str) -> None:
    with asked_by_reader(platform) as api, platform.fault(name):

        def is_forbidden() -> bool:
            try:
                api.call("GET", path)
            except RefusedError as error:
                return error.status == 403
            except ValueError:
                # Its answer is no JSON, and an answer.
                return False
            return False

        # The API server hears of changed rights a moment later.
        api.wait(is_forbidden, f"{path} is forbidden")
    assert yaml.safe_load(platform.kubeconfig.read_text(encoding="utf-8"))["current-context"] == "global"


def test_an_alarm_of_etcd_shows_and_goes(platform: Platform) -> None:
    command = (
        "etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt "
        "--key=/etc/kubernetes/pki/etcd/server.key alarm list"
    )
    pod = f"etcd-{platform.site.control_plane[0].name}"

    def alarms() -> str:
        return platform.plane.kubectl("-n", "kube-system", "exec", pod, "--", *command.split())

    assert alarms() == ""
    with platform.fault("etcd-alarm"):
        assert "NOSPACE" in alarms()
    assert alarms() == ""


def test_a_fault_that_cannot_be_seeded_leaves_nothing(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    before = names(platform)

    def refuse(*_: object) -> None:
        raise LabError("refused")

    monkeypatch.setattr(platform.api, "until", refuse)
    with pytest.raises(LabError, match="refused"), platform.fault("pod-pending"):
        pass
    assert names(platform) == before
