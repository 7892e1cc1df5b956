"""Objects that an API lists, read and judged: healthy, faulty, and odd ones that must not be taken for good."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.resources import LISTINGS
from acp_acceptance.model.layout import ClusterLayout, PlannedNetworks, PlannedNode, PlannedPackage
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.platform import ITEMS, PlatformFacts, cluster_services, items_of, nodes, resources, workloads
from acp_acceptance.model.platform.api_server import minor_release
from acp_acceptance.model.platform.isolation import IsolationMarks, foreign, unmarked
from acp_acceptance.model.platform.pods import Pods
from platform_objects import (
    API_SERVICES,
    CLUSTER_MODULES,
    CLUSTERS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    MACHINES,
    MODULE_INFOS,
    NEWER_PRODUCT_BASES,
    NODES,
    PRODUCT_BASES,
    STORAGE_CLASSES,
    VERSION_SHADOWS,
    claim,
    daemon_set,
    deployment,
    healthy_objects,
    job,
    module,
    named,
    node,
    read_platform,
    says,
)


def lacking(found: workloads.Rollout) -> list[str]:
    """Say in English what a workload lacks."""
    return list(map(str, workloads.lacking(found)))


@pytest.mark.parametrize(
    ("found", "lacks"),
    [
        (deployment(), []),
        (deployment(replicas=0), []),
        (deployment(replicas=2, updatedReplicas=1), ["1 of 2 Pods are up to date"]),
        (deployment(replicas=2, availableReplicas=None), ["0 of 2 Pods are available"]),
        (deployment(replicas=1, replicas_left=0, readyReplicas="1"), ["0 of 1 Pods are ready"]),
        (deployment(observedGeneration=0), ["generation 0 of 1 is observed"]),
        (deployment(observedGeneration=None), ["its controller has not said anything of it yet"]),
        ({**deployment(), "status": {}}, ["its controller has not said anything of it yet"]),
        ({**deployment(), "status": None}, ["its controller has not said anything of it yet"]),
        ({**deployment(), "spec": {}}, ["it does not say how many Pods there are to be"]),
        ({**deployment(), "spec": {"replicas": "1"}}, ["it does not say how many Pods there are to be"]),
    ],
)
def test_what_a_deployment_lacks(found: dict[str, Any], lacks: list[str]) -> None:
    assert lacking(workloads.deployment(found)) == lacks


def test_pods_of_before_and_what_the_controller_says_are_told() -> None:
    found = deployment(replicas=2, conditions=[says("Progressing", "False", "ProgressDeadlineExceeded", "timed out")])
    found["status"]["replicas"] = 3
    assert lacking(workloads.deployment(found)) == [
        "1 Pods are left of what was before",
        "ProgressDeadlineExceeded: timed out",
    ]


def test_what_is_updated_by_hand_is_not_waited_for() -> None:
    by_hand = {"updateStrategy": {"type": "OnDelete"}}
    found = daemon_set(updatedNumberScheduled=0)
    assert lacking(workloads.daemon_set(found)) == ["0 of 3 Pods are up to date"]
    assert lacking(workloads.daemon_set({**found, "spec": by_hand})) == []
    stateful = deployment(replicas=3, updatedReplicas=1)
    assert lacking(workloads.stateful_set(stateful)) == ["1 of 3 Pods are up to date"]
    stateful["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    assert lacking(workloads.stateful_set(stateful)) == []
    assert lacking(workloads.stateful_set({**stateful, "spec": {"replicas": 3, **by_hand}})) == []


def test_a_daemon_set_that_does_not_say_where_it_runs_is_not_complete() -> None:
    found = daemon_set(desiredNumberScheduled=None)
    assert lacking(workloads.daemon_set(found)) == ["it does not say how many Pods there are to be"]


def faults(facts: PlatformFacts, kind: str) -> list[str]:
    """Give the names of sentences that a kind of workload deserves."""
    return [sentence for sentence, _ in items_of(facts, "workload")[kind].faults]


FAILED, DONE = says("Failed", "True", "BackoffLimitExceeded"), says("Complete", "True")


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([("1", FAILED)], ["failed_run"]),
        ([("1", FAILED), ("2", DONE)], []),
        ([("2", DONE), ("1", FAILED)], []),
        ([("1", DONE), ("2", FAILED)], ["failed_run"]),
        # One that goes on says nothing yet; the last that ended counts.
        ([("1", FAILED), ("2", says("Suspended", "True"))], ["failed_run"]),
        ([("1", says("Failed", "False"))], []),
    ],
)
def test_the_last_run_of_a_cron_job_counts(runs: list[tuple[str, dict[str, Any]]], said: list[str]) -> None:
    jobs = [job(f"tidy-{hour}", state, schedule="tidy", created=f"2026-11-20T0{hour}:00:00Z") for hour, state in runs]
    facts = read_platform(**{JOBS: jobs})
    assert faults(facts, "CronJobs") == said
    assert faults(facts, "Jobs") == []


def test_a_job_that_is_tried_again_has_not_failed() -> None:
    tried = job("setup", says("Failed", "False"))
    tried["status"].update(failed=2, active=1)
    assert faults(read_platform(**{JOBS: [tried]}), "Jobs") == []
    assert faults(read_platform(**{JOBS: [job("setup", FAILED), job("setup-2", FAILED)]}), "Jobs") == ["failed_job"] * 2


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"lastScheduleTime": "2026-11-20T08:00:00Z"}, ["lost_run"]),
        ({"lastScheduleTime": "2026-11-20T08:00:00Z", "lastSuccessfulTime": "2026-11-19T08:01:00Z"}, ["lost_run"]),
        ({"lastScheduleTime": "2026-11-20T08:00:00Z", "lastSuccessfulTime": "2026-11-20T08:01:00Z"}, []),
        ({"lastScheduleTime": "2026-11-20T08:00:00Z", "active": [{"name": "x"}]}, []),
        ({"lastScheduleTime": "yesterday"}, []),
        ({}, []),
    ],
)
def test_a_run_of_which_the_job_is_gone(status: dict[str, Any], said: list[str]) -> None:
    facts = read_platform(**{JOBS: [], CRON_JOBS: [named("tidy", "cpaas-system", status=status)]})
    assert faults(facts, "CronJobs") == said


def test_more_than_is_kept_is_counted() -> None:
    facts = read_platform(**{DEPLOYMENTS: [deployment(f"d-{number}", readyReplicas=0) for number in range(510)]})
    found = items_of(facts, "workload")["Deployments"]
    assert found.total == 510
    assert found.faults[-1] == ("more", {"count": 10})


@pytest.mark.parametrize("kind", ["Deployments", "DaemonSets"])
def test_a_cluster_without_any_is_not_measured(kind: str) -> None:
    facts = read_platform(**{DEPLOYMENTS: [], DAEMON_SETS: []})
    assert isinstance(items_of(facts, "workload")[kind], Problem)


def layout(*planned: PlannedNode, architecture: str | None = None) -> ClusterLayout:
    """Give a plan of nodes."""
    return ClusterLayout(planned, PlannedNetworks(), PlannedPackage("/root", architecture=architecture))


def planned_node(name: str, address: str, *, control_plane: bool = True) -> PlannedNode:
    """Give a planned node."""
    return PlannedNode(name, address, control_plane, not control_plane, installer=False)


@pytest.mark.parametrize(
    ("name", "address", "known"),
    [
        ("cp-1", "198.51.100.1", True),
        ("CP-1", "198.51.100.1", True),
        ("other", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.1", True),
        ("other", "cp-1", True),
        ("other", "[2001:DB8::1]", True),
        ("other", "198.51.100.1", False),
        ("cp-10", "192.0.2.10", False),
    ],
)
def test_a_planned_node_is_known_by_name_and_by_address(name: str, address: str, known: bool) -> None:  # noqa: FBT001 - what is expected
    raw_node = node("cp-1", "192.0.2.1")
    raw_node["status"]["addresses"].append({"type": "InternalIP", "address": "2001:db8:0::1"})
    found, plan = nodes.observe(raw_node), layout(planned_node(name, address))
    assert (nodes.planned_for(found, plan) is not None) is known
    assert (not nodes.not_joined([found], plan)) is known


def test_without_an_inventory_nodes_are_not_compared() -> None:
    found = nodes.observe(node("cp-1", "192.0.2.1", control_plane=False))
    assert [*nodes.unplanned(found, layout())] == []
    assert items_of(read_platform(), "platform-node", layout()).keys() == {"cp-1", "cp-2", "cp-3"}


def test_nodes_that_may_be_among_those_not_seen_are_not_said_to_be_missing() -> None:
    listed = [*healthy_objects()[NODES], ApiError("server", "broke off")]
    plan = layout(planned_node("cp-9", "192.0.2.9"))
    assert "cp-9" in items_of(read_platform(), "platform-node", plan)
    assert "cp-9" not in items_of(read_platform(**{NODES: listed}), "platform-node", plan)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ([], ["not_ready"]),
        ([says("Ready", "True")], ["pressure"] * 3),
        ([says("Ready", "Unknown"), says("DiskPressure", "Unknown")], ["not_ready"]),
        ([says("Ready", "False"), says("DiskPressure", "True")], ["not_ready", "pressure"]),
        ([says("Ready", "true")], ["not_ready"]),
    ],
)
def test_what_keeps_a_node_from_being_ready(conditions: list[dict[str, Any]], said: list[str]) -> None:
    found = node("cp-1", "192.0.2.1")
    found["status"]["conditions"] = conditions
    assert [sentence for sentence, _ in nodes.unready(nodes.observe(found))] == said


def test_a_network_that_a_node_says_is_not_available() -> None:
    found = node("cp-1", "192.0.2.1")
    found["status"]["conditions"].append(says("NetworkUnavailable", "True"))
    assert [values["type"] for _, values in nodes.unready(nodes.observe(found))] == ["NetworkUnavailable"]


@pytest.mark.parametrize(
    ("versions", "others"),
    [
        (("v1.33.4", "v1.33.4", "v1.33.4"), set()),
        (("v1.33.4", "v1.33.4", "v1.33.10"), {"cp-3"}),
        (("v1.33.4", "v1.33.10"), {"cp-1"}),
        (("", "v1.33.4"), {"cp-1"}),
        (("", ""), {"cp-1", "cp-2"}),
    ],
)
def test_the_node_with_another_kubelet_is_named(versions: tuple[str, ...], others: set[str]) -> None:
    listed = [node(f"cp-{number}", f"192.0.2.{number}") for number in range(1, len(versions) + 1)]
    for item, version in zip(listed, versions, strict=True):
        item["status"]["nodeInfo"]["kubeletVersion"] = version
    found = read_platform(**{NODES: listed}).nodes
    assert {name for name, item in found.items.items() if [*nodes.other_kubelet(item, found)]} == others


def unhealthy(path: str, name: str, **status: Any) -> list[str]:
    """Give what is said of a resource whose status is changed."""
    listed = copy.deepcopy(healthy_objects()[path])
    listed[0]["status"].update(status)
    return [
        sentence for sentence, _ in resources.unhealthy(items_of(read_platform(**{path: listed}), "resource")[name])
    ]


BASE = {"deployStatus": "Completed", "runningStatus": "Healthy"}


@pytest.mark.parametrize(
    ("path", "name", "status", "said"),
    [
        (PRODUCT_BASES, "ProductBase/base", {}, []),
        (PRODUCT_BASES, "ProductBase/base", {"base": None}, []),
        (PRODUCT_BASES, "ProductBase/base", {"phase": None}, []),
        (PRODUCT_BASES, "ProductBase/base", {"phase": "Provisioning"}, ["phase"]),
        (PRODUCT_BASES, "ProductBase/base", {"base": {**BASE, "runningStatus": "Abnormal"}}, ["running"]),
        (PRODUCT_BASES, "ProductBase/base", {"base": {"deployStatus": "Deploying"}}, ["deployed", "running"]),
        (PRODUCT_BASES, "ProductBase/base", {"base": None, "phase": None}, ["deployed", "running"]),
        (PRODUCT_BASES, "ProductBase/base", {"base": [], "phase": 7}, ["deployed", "running"]),
        (CLUSTER_MODULES, "ClusterModule/global", {"base": None, "phase": "Running"}, ["deployed", "running"]),
        (CLUSTER_MODULES, "ClusterModule/global", {"appReleases": {"x": {"ready": False}}}, ["component"]),
        (CLUSTER_MODULES, "ClusterModule/global", {"appReleases": {"x": "ready"}}, ["component"]),
        (MODULE_INFOS, "ModuleInfo/global/base", {"version": "v4.1"}, ["version"]),
        (MODULE_INFOS, "ModuleInfo/global/base", {"version": None}, ["version"]),
        (MODULE_INFOS, "ModuleInfo/global/base", {"phase": "InstallFailed"}, ["phase"]),
        (CLUSTERS, "Cluster/global", {"phase": "running"}, ["phase"]),
        (MACHINES, "Machine/mc-1", {"phase": None}, ["phase"]),
        (VERSION_SHADOWS, "ClusterVersionShadow/cpaas-system/global", {}, []),
        (VERSION_SHADOWS, "ClusterVersionShadow/cpaas-system/global", {"conditions": None}, ["condition"] * 4),
        (VERSION_SHADOWS, "ClusterVersionShadow/cpaas-system/global", {"observedGeneration": 0}, ["reconciling"]),
    ],
)
def test_what_keeps_a_resource_from_being_healthy(
    path: str, name: str, status: dict[str, Any], said: list[str]
) -> None:
    assert unhealthy(path, name, **status) == said


def test_an_object_without_a_status_is_not_healthy() -> None:
    for path in (PRODUCT_BASES, CLUSTER_MODULES, MODULE_INFOS, CLUSTERS, MACHINES, VERSION_SHADOWS):
        listed = [{key: value for key, value in healthy_objects()[path][0].items() if key != "status"}]
        (fact,) = [item.fact for item in LISTINGS if path in item.paths]
        found = PlatformFacts.declared()[fact]
        (item,) = read_platform(**{path: listed}).measured(found).items.values()
        assert [*resources.unhealthy(item)], path


def test_the_newer_version_of_the_product_base_is_read_where_the_older_is_not_known() -> None:
    absent = ApiError("absent", "no")
    newer = [named("base", status={"phase": "Running"})]
    facts = read_platform(**{PRODUCT_BASES: absent, NEWER_PRODUCT_BASES: newer})
    assert [*resources.unhealthy(items_of(facts, "resource")["ProductBase/base"])] == []
    assert isinstance(items_of(read_platform(**{PRODUCT_BASES: absent}), "resource")["ProductBase"], Problem)
    refused = read_platform(**{PRODUCT_BASES: ApiError("forbidden", "no"), NEWER_PRODUCT_BASES: newer})
    assert isinstance(items_of(refused, "resource")["ProductBase"], Problem)


def test_modules_of_the_same_name_are_both_kept() -> None:
    one, other = module("logs"), module("logs")
    other["metadata"]["name"] = "global-other"
    found = items_of(read_platform(**{MODULE_INFOS: [one, other]}), "resource")
    assert {name for name in found if "logs" in name} == {
        "ModuleInfo/global/logs",
        "ModuleInfo/global/logs (global-other)",
    }


def test_a_module_is_known_by_its_name_or_its_title_and_counts_in_its_own_cluster_only() -> None:
    by_title, elsewhere, other = module("x"), module("product-docs"), module("logs")
    titles = '{"en": "Alauda Container Platform Product Docs", "zh": "产品文档"}'
    by_title["metadata"]["annotations"] = {"cpaas.io/module-name": titles}
    elsewhere["metadata"]["labels"]["cpaas.io/cluster-name"] = "edge"
    for listed, known in (([by_title], 1), ([elsewhere, other], 0), ([module("product-docs")], 1)):
        found = read_platform(**{MODULE_INFOS: listed}).module_infos
        assert len(resources.modules_named(found, ["product-docs"], "Product Docs")) == known


@pytest.mark.parametrize(
    ("found", "classes", "said"),
    [
        (claim("a", "Pending"), ["local"], ["unbound"]),
        (claim("a", "Pending"), [], ["no_default"]),
        # No class on purpose: no default one would help.
        (claim("a", "Pending", storageClassName=""), [], ["unbound"]),
        (claim("a", "Lost", storageClassName="local"), [], ["unbound"]),
        (named("a", "x"), [], ["no_default"]),
    ],
)
def test_claims_without_a_volume(found: dict[str, Any], classes: list[str], said: list[str]) -> None:
    listed = healthy_objects()[STORAGE_CLASSES] if classes else []
    facts = read_platform(**{"/api/v1/persistentvolumeclaims": [found], STORAGE_CLASSES: listed})
    assert [sentence for sentence, _ in cluster_services.unbound(facts.claims, facts.storage_classes)] == said


def test_a_server_without_apis_is_not_measured() -> None:
    with pytest.raises(CollectionError, match="no APIService at all"):
        [*cluster_services.unavailable(read_platform(**{API_SERVICES: []}).api_services)]


def test_a_webhook_elsewhere_needs_no_service_and_one_that_names_nothing_has_none() -> None:
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    outside = named("outside", webhooks=[{"name": "a", "clientConfig": {"url": "https://192.0.2.9/"}}])
    facts = read_platform(**{path: [outside, named("odd", webhooks=[{"name": "b"}, "c"]), named("none")]})
    assert facts.webhooks.total == 3
    told = [values["configuration"] for _, values in cluster_services.unserved(facts.webhooks, facts.service_backends)]
    assert told == ["odd", "odd"]


def test_marks_are_compared_as_the_inventory_writes_them() -> None:
    listed = [node("cp-1", "192.0.2.1")]
    listed[0]["spec"]["taints"] = [{"key": "acp", "effect": "NoSchedule"}, {"key": "b", "value": "c", "effect": "x"}]
    found = read_platform(**{NODES: listed}).nodes
    assert [*unmarked(found, IsolationMarks(("acp:NoSchedule", "acp=:NoSchedule", "b=c:x"), {}))] == []
    assert [sentence for sentence, _ in unmarked(found, IsolationMarks(("b=d:x",), {"x": "y"}))] == [
        "no_taint",
        "no_label",
    ]
    with pytest.raises(CollectionError, match="not public"):
        [*unmarked(found, IsolationMarks((), {}))]


def test_where_no_pod_or_node_was_listed_nothing_is_judged() -> None:
    facts = read_platform(**{NODES: []})
    with pytest.raises(CollectionError, match="no Pod"):
        [*foreign(Pods({}), ["kube-*"])]
    with pytest.raises(CollectionError, match="no control plane node"):
        [*unmarked(facts.nodes, IsolationMarks(("a:b",), {}))]
    with pytest.raises(CollectionError, match="no node"):
        [*cluster_services.not_everywhere(facts.daemon_sets, facts.nodes, "a/b")]


@pytest.mark.parametrize("version", ["", "1", "latest", "v1", "version 1.33", "1.3x"])
def test_what_is_no_version_is_not_measured(version: str) -> None:
    server = read_platform().api_server
    assert minor_release(replace(server, version="v1.31.14+build")) == "1.31"
    with pytest.raises(CollectionError, match="version is not known"):
        minor_release(replace(server, version=version))
    with pytest.raises(CollectionError, match="no right"):
        minor_release(replace(server, version="", unknown={"version": "no right"}))


def test_every_kind_of_target_can_be_asked_for_where_nothing_was_collected() -> None:
    facts = PlatformFacts("global", {})
    for kind in ("workload", "resource"):
        assert all(isinstance(item, Problem) for item in items_of(facts, kind).values())
        assert items_of(facts, kind)
    for kind in ITEMS.keys() - {"workload", "resource"}:
        with pytest.raises(CollectionError):
            items_of(facts, kind)
