"""What the suite lists, on real API servers: with the rights of deploy/rbac.yaml, without them, with odd objects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from acp_acceptance.collect.platform.access import from_kubeconfig
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.resources import LISTINGS, read
from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.platform import PlatformFacts, items_of, resources
from acp_acceptance.requirements import load_catalogue
from lab import LabError
from lab.control_plane import ApiServer
from lab.platform.api import Api as LabApi
from lab.platform.api import apply_all
from lab.platform.certificates import Authority
from lab.platform.releases import RELEASES
from lab.platform.resources import definitions
from lab.platform.resources import resources as own_resources
from lab.platform.site import PLANTED_SECRETS, Site, SiteNode
from lab.platform.surroundings import claim, namespace, storage_class, surroundings
from lab.platform.workloads import workloads
from planes import runnable
from platform_objects import HOSTILE, says
from pods import SCHEDULE_NAMESPACE, in_pod
from suite import ROOT, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from acp_acceptance.collect.platform.resources import Listing

READER = "acp-acceptance"
RIGHTS = ROOT / "deploy" / "rbac.yaml"
SECONDS = 60
BY_FACT = {listing.fact: listing for listing in LISTINGS}


@pytest.fixture(scope="module", params=[("1.31", "4.0"), ("1.34", "4.3")], ids=["1.31", "1.34"])
def plane(request: pytest.FixtureRequest) -> Iterator[ApiServer]:
    """An API server that holds the objects of a platform; nothing runs there, so that objects stay as they are."""
    version, release = request.param
    server = ApiServer(version, f"listed-{version.replace('.', '-')}", say=lambda _line: None)
    runnable(server)
    with server, LabApi(server.kubeconfig) as api:
        site = Site(
            RELEASES[release],
            f"v{version}.0",
            "acp.example.com",
            "192.0.2.10",
            (SiteNode("cp-1", "192.0.2.1", control_plane=True),),
            Authority("acp.example.com", ("192.0.2.10",)),
            "busybox",
        )
        apply_all(api, definitions(site.release))
        for item in definitions(site.release):
            name = item["metadata"]["name"]
            server.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=60s")
        apply_all(api, [namespace(), *surroundings(site), *own_resources(site), *workloads(site), *odd_objects()])
        server.kubectl("apply", "-f", str(RIGHTS))
        yield server


def odd_objects() -> list[dict[str, Any]]:
    """Give objects that say hostile things, or nothing."""
    silent = {"apiVersion": "platform.tkestack.io/v1", "kind": "Machine", "metadata": {"name": "silent"}}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "cp-1", "labels": {"node-role.kubernetes.io/control-plane": ""}},
        "status": {"conditions": [says("Ready", "False", "Kubelet", HOSTILE)]},
    }
    return [silent, node, storage_class("false"), claim("unbound")]


@pytest.fixture(scope="module")
def reader(plane: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Api:
    """The API with the rights of a run."""
    token = plane.kubectl("-n", READER, "create", "token", READER, "--duration=1h").strip()
    document = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
    document["users"][0]["user"] = {"token": token}
    file = tmp_path_factory.mktemp("reader") / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return Api(from_kubeconfig(str(file), None), 30)


def listed(api: Api) -> PlatformFacts:
    """Read everything that is listed."""
    return PlatformFacts("global", {listing.fact: read(api, listing) for listing in LISTINGS})


def until(ready: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + SECONDS
    while not ready():
        assert time.monotonic() < ends, what
        time.sleep(0.2)


def test_the_rights_that_are_asked_for_suffice(plane: ApiServer, reader: Api) -> None:
    problems = listed(reader).problems()
    assert problems.keys() == ({"version_shadows"} if plane.version == "1.31" else set()), problems
    assert all(problem.kind == "absent" for problem in problems.values())


def test_the_platform_s_own_resources_are_healthy_but_for_the_silent_one(plane: ApiServer, reader: Api) -> None:
    found = items_of(listed(reader), "resource")
    told = {
        name: [sentence for sentence, _ in resources.unhealthy(item)]
        for name, item in found.items()
        if not isinstance(item, Problem)
    }
    assert {name: said for name, said in told.items() if said} == {"Machine/silent": ["phase"]}
    assert {
        "ProductBase/base",
        "ClusterModule/global",
        "Cluster/global",
        "ModuleInfo/global/product-docs",
    } <= told.keys()
    assert ("ClusterVersionShadow/cpaas-system/global" in told) is (plane.version == "1.34")


def test_objects_of_kubernetes_are_read_as_they_are(reader: Api) -> None:
    facts = listed(reader)
    assert not facts.api_services.unavailable
    assert facts.api_services.total > 10
    assert [item.name for item in facts.claims.unbound] == ["cpaas-system/unbound", "cpaas-system/warehouse"]
    assert facts.storage_classes.defaults == ()
    assert [item.service for item in facts.webhooks.served] == ["cpaas-system/cluster-transformer"]
    assert facts.service_backends.ready == {"default/kubernetes": 1}
    # No controller looks at them: none has a status.
    assert len(facts.deployments.kept) == facts.deployments.total > 0
    assert {item.name for item in facts.daemon_sets.kept} == {"kube-system/kube-ovn-cni"}
    node = facts.nodes.items["cp-1"]
    assert node.control_plane
    assert "\x1b" not in node.conditions[0].message
    assert "hunter2" not in node.conditions[0].message


def test_secrets_that_objects_hold_are_not_kept(reader: Api) -> None:
    text = str(listed(reader).to_json())
    assert not [secret for secret in PLANTED_SECRETS if secret in text]


def test_the_newer_version_is_read_where_the_older_is_not_served(plane: ApiServer, reader: Api) -> None:
    def serve(older: str) -> None:
        change = f'[{{"op": "replace", "path": "/spec/versions/0/served", "value": {older}}}]'
        plane.kubectl("patch", "crd", "productbases.product.alauda.io", "--type=json", "-p", change)
        path = "/apis/product.alauda.io/v1alpha1/productbases"
        known = {"true": 200, "false": 404}[older]
        until(lambda: reader.text(path)[0] == known, f"v1alpha1 answers {known}")

    serve("false")
    try:
        found: Any = read(reader, BY_FACT["product_bases"])
    finally:
        serve("true")
    assert found.items["base"].phase == "Running"
    assert not found.items["base"].deployed


def forbidden(reader: Api, listing: Listing) -> bool:
    """Tell that something may not be listed."""
    found = read(reader, listing)
    return isinstance(found, Problem) and found.kind == "forbidden"


def test_without_rights_each_problem_names_the_missing_one(plane: ApiServer, reader: Api) -> None:
    known = [listing for listing in LISTINGS if plane.version != "1.31" or listing.fact != "version_shadows"]
    plane.kubectl("delete", "clusterrolebinding", READER)
    try:
        until(lambda: all(forbidden(reader, listing) for listing in known), "nothing may be listed")
        for listing in known:
            problem: Any = read(reader, listing)
            assert f'cannot list resource "{listing.paths[0].rpartition("/")[2]}"' in problem.reason
            assert "deploy/rbac.yaml" in problem.reason
    finally:
        plane.kubectl("apply", "-f", str(RIGHTS))
        until(lambda: not any(forbidden(reader, listing) for listing in known), "everything may be listed again")


# --- on a schedule, in a Pod

SCHEDULE = ROOT / "deploy" / "cronjob.yaml"


@pytest.fixture(scope="module")
def scheduled(plane: ApiServer) -> ApiServer:
    """A server that has taken the manifests of deploy/ as they are, where Pods must be as restricted as can be."""
    restricted = "pod-security.kubernetes.io/enforce=restricted"
    plane.kubectl("label", "namespace", SCHEDULE_NAMESPACE, restricted, "--overwrite")
    plane.kubectl("apply", "--validate=strict", "-f", str(SCHEDULE))
    return plane


def test_the_pod_of_the_schedule_is_allowed_where_pods_are_restricted(scheduled: ApiServer) -> None:
    job = json.loads(
        scheduled.kubectl(
            "-n",
            SCHEDULE_NAMESPACE,
            "create",
            "job",
            "trial",
            f"--from=cronjob/{READER}",
            "--dry-run=server",
            "-ojson",
        )
    )
    template = job["spec"]["template"]
    metadata = {"name": "trial", "namespace": SCHEDULE_NAMESPACE}
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": metadata}
    made = json.loads(scheduled.kubectl("create", "--dry-run=server", "-ojson", "-f", "-", given=json.dumps(pod)))
    assert made["spec"]["serviceAccountName"] == READER
    pod["spec"]["containers"][0].pop("securityContext")
    with pytest.raises(LabError, match="violates PodSecurity"):
        scheduled.kubectl("create", "--dry-run=server", "-f", "-", given=json.dumps(pod))


def test_a_run_in_a_pod_lacks_no_right(scheduled: ApiServer, tmp_path: Path) -> None:
    inside, environment = in_pod(scheduled.kubectl, scheduled.ca[0], scheduled.server, tmp_path)
    run = judged(
        tmp_path / "reports",
        "--acp-stage=postinstall",
        "--acp-kubeconfig=in-cluster",
        "--acp-release=4.2",
        "--acp-topology=multi_cluster",
        "--acp-metrics",
        tmp_path / "acp.prom",
        inside=inside,
        environment=environment,
    )
    assert "the service account of this Pod" in run.output
    # The platform has no processes here, and much is red: but nothing for want of a right.
    assert run.with_outcome("passed")
    assert "deploy/rbac.yaml" not in (run.folder / "results.json").read_text(encoding="utf-8")
    assert (tmp_path / "acp.prom").read_text(encoding="utf-8").endswith("# EOF\n")


def test_the_kubeconfig_of_the_schedule_is_that_of_its_pod(scheduled: ApiServer, tmp_path: Path) -> None:
    site = scheduled.kubectl("-n", SCHEDULE_NAMESPACE, "get", "configmap", f"{READER}-site", "-ojson")
    data = json.loads(site)["data"]
    document = yaml.safe_load(data["this-cluster.yaml"])
    # No cluster's DNS leads here.
    document["clusters"][0]["cluster"]["server"] = scheduled.server
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(document), encoding="utf-8")
    read_it = (
        "from acp_acceptance.collect.platform.access import from_kubeconfig; from kubernetes.client import CoreV1Api; "
        "import sys; print(len(CoreV1Api(from_kubeconfig(sys.argv[1], None).client).list_node().items), 'nodes')"
    )
    inside, environment = in_pod(scheduled.kubectl, scheduled.ca[0], scheduled.server, tmp_path)
    command = [*inside, sys.executable, "-c", read_it, str(tmp_path / "kubeconfig")]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "1 nodes\n", done.stderr


def test_the_inventory_of_the_schedule_can_be_read(tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all(SCHEDULE.read_text(encoding="utf-8")))
    (data,) = [item["data"] for item in documents if item["kind"] == "ConfigMap"]
    file = tmp_path / "site.yml"
    file.write_text(data["site.yml"], encoding="utf-8")
    site = load_inventory(file, releases=list(load_catalogue().releases)).site
    assert site.dr is not None
    assert site.clusters[site.dr.standby].kubeconfig == "/site/this-cluster.yaml"
