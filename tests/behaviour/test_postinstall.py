"""What an installed cluster owes, from listed objects to the verdict."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from judging import judged_here
from platform_objects import (
    API_SERVICES,
    CLAIMS,
    CLUSTER_MODULES,
    CLUSTERS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    HOSTILE,
    JOBS,
    MACHINES,
    MODULE_INFOS,
    MUTATING,
    NODES,
    PODS,
    PRODUCT_BASES,
    SIGNING_REQUESTS,
    SLICES,
    STATEFUL_SETS,
    STORAGE_CLASSES,
    VALIDATING,
    VERSION_SHADOWS,
    claim,
    daemon_set,
    deployment,
    endpoints,
    facts_of,
    healthy_objects,
    job,
    named,
    node,
    says,
    webhook,
)
from sites import site_file, snapshot_of_site, three_nodes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acp_acceptance.model.snapshot import Snapshot
    from judging import Verdicts
    from suite import SuiteRun

    Judge = Callable[..., Verdicts]

NOT_READY = (False, "true", 0)
WORKLOADS, READY, COUNT = "workloads.rolled-out", "nodes.ready", "control-plane.count"
VERSION, RESOURCES = "platform.kubernetes-version", "platform.resources"
ARCHITECTURE, DOCS = "platform.architecture-constraint", "platform.product-docs"
STORAGE, APIS, CSR = "cluster.storage", "cluster.apiservices", "cluster.csr"
WEBHOOKS, CNI = "cluster.webhooks", "cluster.cni"
MARKS, FOREIGN = "isolation.marks", "isolation.foreign-workloads"

OWN = {
    WORKLOADS,
    READY,
    COUNT,
    VERSION,
    RESOURCES,
    ARCHITECTURE,
    DOCS,
    STORAGE,
    APIS,
    CSR,
    WEBHOOKS,
    CNI,
    MARKS,
    FOREIGN,
}
"""The requirements that are judged from listed objects."""


@pytest.fixture
def installed(tmp_path: Path) -> Callable[..., Snapshot]:
    """Give the snapshot of an installed site of three control plane nodes; ``objects`` replace collections by path."""

    def give(objects: dict[str, Any] | None = None, **site: Any) -> Snapshot:
        nodes = site.pop("nodes", three_nodes())
        file = site_file(tmp_path, nodes, **{"vip": "192.0.2.10", **site})
        snapshot = snapshot_of_site(file)
        snapshot.targets["platform", "global"] = facts_of({**healthy_objects(), **(objects or {})})
        return snapshot

    return give


@pytest.fixture
def judge(installed: Callable[..., Snapshot]) -> Judge:
    """Judge such a site in this process."""
    return lambda objects=None, **site: judged_here(installed(objects, **site), OWN)


def test_a_run_of_the_suite_judges_a_healthy_platform_and_a_faulty_one(
    installed: Callable[..., Snapshot], run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    for name, objects, failed in (
        ("healthy", {}, set()),
        ("faulty", cordoned(), {("postinstall.nodes.ready", "cp-3")}),
    ):
        installed(objects).save(tmp_path / name)
        run = run_suite("--acp-stage=postinstall", "--acp-snapshot", tmp_path / name)
        own = {f"postinstall.{item}" for item in OWN}
        found = {key for key in run.with_outcome("failed", "broken") if key[0] in own}
        assert found == failed, run.output
        assert {requirement for requirement, _ in run.outcomes()} >= own


def test_a_healthy_platform_meets_all(judge: Judge) -> None:
    run = judge()
    assert run.with_outcome("failed", "broken") == set(), run.said()
    passed = run.with_outcome("passed")
    assert {name for name, _ in passed} == OWN - {ARCHITECTURE, MARKS}
    assert {target for name, target in passed if name == READY} == {"cp-1", "cp-2", "cp-3"}
    assert {target for name, target in passed if name == WORKLOADS} == {
        *("Deployments", "StatefulSets", "DaemonSets", "Jobs", "CronJobs")
    }
    assert {target for name, target in passed if name == RESOURCES} == {
        *("ProductBase/base", "ClusterModule/global", "Cluster/global", "Machine/mc-1"),
        *("ModuleInfo/global/base", "ModuleInfo/global/product-docs"),
    }
    assert (RESOURCES, "ClusterVersionShadow/cpaas-system/global") in run.with_outcome("not_applicable")


def changed(path: str, **status: Any) -> dict[str, Any]:
    """Give a collection whose last object has another status."""
    objects = healthy_objects()[path]
    objects[-1]["status"].update(status)
    return {path: objects}


def with_more(path: str, *more: Any) -> dict[str, Any]:
    """Give a collection with more objects."""
    return {path: [*healthy_objects()[path], *more]}


def cordoned() -> dict[str, Any]:
    """Give nodes of which the last is cordoned."""
    nodes = healthy_objects()[NODES]
    nodes[-1]["spec"]["unschedulable"] = True
    return {NODES: nodes}


def with_a_node(name: str) -> dict[str, Any]:
    """Give a worker more, and the network plugin on it, too."""
    more = with_more(NODES, node(name, "192.0.2.77", control_plane=False))
    return {**more, DAEMON_SETS: [daemon_set(nodes=4), daemon_set("kube-proxy", 4)]}


def foreign_pod() -> dict[str, Any]:
    """Give Pods of which one is an application's."""
    pods = healthy_objects()[PODS]
    other = copy.deepcopy(pods[0])
    other["metadata"].update(name="shop", namespace="shop")
    return {PODS: [*pods, other]}


BASE = {"deployStatus": "Completed", "runningStatus": "Abnormal", "message": HOSTILE}


@pytest.mark.parametrize(
    ("objects", "requirement", "target", "said"),
    [
        (with_more(DEPLOYMENTS, deployment("dex", 2, readyReplicas=1)), WORKLOADS, "Deployments", "1 of 2 Pods are ready"),
        (with_more(STATEFUL_SETS, deployment("es", 3, observedGeneration=0)), WORKLOADS, "StatefulSets", "generation 0 of 1"),
        (with_more(DAEMON_SETS, daemon_set("log", 3, numberReady=2)), WORKLOADS, "DaemonSets", "2 of 3 Pods are ready"),
        (with_more(JOBS, job("setup", says("Failed", "True", "DeadlineExceeded", HOSTILE))), WORKLOADS, "Jobs", "DeadlineExceeded"),
        (
            with_more(JOBS, job("tidy-2", says("Failed", "True"), schedule="tidy", created="2026-11-20T09:00:00Z")),
            WORKLOADS,
            "CronJobs",
            "(tidy-2)",
        ),
        (cordoned(), READY, "cp-3", "it is cordoned"),
        (changed(NODES, conditions=[says("Ready", "Unknown", "NodeStatusUnknown", HOSTILE)]), READY, "cp-3", "Ready is Unknown"),
        (with_a_node("extra"), READY, "extra", "the inventory names no node"),
        (changed(PRODUCT_BASES, phase="Failed"), RESOURCES, "ProductBase/base", "its phase is Failed"),
        (changed(CLUSTER_MODULES, base=BASE), RESOURCES, "ClusterModule/global", "is Abnormal"),
        (changed(MODULE_INFOS, version="v4.1.0"), RESOURCES, "ModuleInfo/global/product-docs", "its version is v4.1.0"),
        (changed(CLUSTERS, phase="Failed", message=HOSTILE), RESOURCES, "Cluster/global", "its phase is Failed"),
        (changed(MACHINES, phase="Initializing"), RESOURCES, "Machine/mc-1", "its phase is Initializing"),
        ({MACHINES: []}, RESOURCES, "Machine", "there is no Machine"),
        ({CLUSTERS: [named("edge", status={"phase": "Running"})]}, RESOURCES, "Cluster/global", "there is no Cluster global"),
        ({MODULE_INFOS: healthy_objects()[MODULE_INFOS][:1]}, DOCS, "global", "it is not among the modules (1)"),
        (with_more(CLAIMS, claim("logs", "Pending", storageClassName="local")), STORAGE, "global", "logs is Pending"),
        ({CLAIMS: [claim("logs", "Pending")], STORAGE_CLASSES: []}, STORAGE, "global", "none is the default"),
        (
            with_more(API_SERVICES, named("v1.x", status={"conditions": [says("Available", "False", "MissingEndpoints", HOSTILE)]})),
            APIS,
            "global",
            "MissingEndpoints",
        ),
        (with_more(SIGNING_REQUESTS, named("csr-2", spec={"username": "system:node:cp-4"})), CSR, "global", "system:node:cp-4"),
        (with_more(MUTATING, webhook("captain", "captain")), WEBHOOKS, "global", "Service cpaas-system/captain has no ready"),
        ({SLICES: [endpoints("cluster-transformer", *NOT_READY)]}, WEBHOOKS, "global", "has no ready endpoint"),
        ({DAEMON_SETS: [daemon_set("kube-proxy")]}, CNI, "global", "there is no DaemonSet kube-system/kube-ovn-cni"),
        ({DAEMON_SETS: [daemon_set(nodes=2)]}, CNI, "global", "is meant for 2 of 3 nodes"),
        (foreign_pod(), FOREIGN, "global", "Pods that run in namespace shop: 1"),
    ],
)  # fmt: skip
def test_a_fault_fails_alone(judge: Judge, objects: dict[str, Any], requirement: str, target: str, said: str) -> None:
    run = judge(objects)
    assert run.with_outcome("failed") == {(requirement, target)}, run.said()
    assert run.with_outcome("broken") == set()
    assert said in run.said()
    assert not {"\x1b[31m", "\u202e", "hunter2"} & {
        part for part in ("\x1b[31m", "\u202e", "hunter2") if part in run.said()
    }


FORBIDDEN = ApiError("forbidden", 'User "x" cannot list resource at the cluster scope')


@pytest.mark.parametrize(
    ("path", "broken"),
    [
        (DEPLOYMENTS, {(WORKLOADS, "Deployments")}),
        (STATEFUL_SETS, {(WORKLOADS, "StatefulSets")}),
        (DAEMON_SETS, {(WORKLOADS, "DaemonSets"), (CNI, "global")}),
        (JOBS, {(WORKLOADS, "Jobs"), (WORKLOADS, "CronJobs")}),
        (CRON_JOBS, {(WORKLOADS, "CronJobs")}),
        (NODES, {(READY, "global"), (COUNT, "global"), (CNI, "global")}),
        (PRODUCT_BASES, {(RESOURCES, "ProductBase")}),
        (CLUSTER_MODULES, {(RESOURCES, "ClusterModule")}),
        (MODULE_INFOS, {(RESOURCES, "ModuleInfo"), (DOCS, "global")}),
        (CLUSTERS, {(RESOURCES, "Cluster")}),
        (MACHINES, {(RESOURCES, "Machine")}),
        (CLAIMS, {(STORAGE, "global")}),
        (STORAGE_CLASSES, {(STORAGE, "global")}),
        (API_SERVICES, {(APIS, "global")}),
        (SIGNING_REQUESTS, {(CSR, "global")}),
        (VALIDATING, {(WEBHOOKS, "global")}),
        (SLICES, {(WEBHOOKS, "global")}),
        (PODS, {(FOREIGN, "global")}),
    ],
)
def test_what_may_not_be_listed_is_broken_and_nothing_else(
    judge: Judge, path: str, broken: set[tuple[str, str]]
) -> None:
    run = judge({path: FORBIDDEN})
    assert run.with_outcome("broken") == broken
    assert run.with_outcome("failed") == set()
    assert "cannot list resource" in run.said()


@pytest.mark.parametrize("path", [DEPLOYMENTS, NODES, DAEMON_SETS, CLAIMS, API_SERVICES, MODULE_INFOS, SLICES])
def test_a_listing_that_breaks_off_is_never_passed(judge: Judge, path: str) -> None:
    run = judge(with_more(path, ApiError("server", "the listing expired")))
    assert run.with_outcome("broken")
    assert run.with_outcome("failed") == set()
    assert "the listing expired" in run.said()


def test_a_kind_that_the_server_does_not_know_is_not_measured(judge: Judge) -> None:
    run = judge({PRODUCT_BASES: ApiError("absent", "no")})
    assert run.with_outcome("broken") == {(RESOURCES, "ProductBase")}
    assert "the server knows no ProductBase" in run.said()


def test_a_planned_node_that_is_in_no_cluster_fails_in_its_own_name(judge: Judge) -> None:
    run = judge(nodes=three_nodes("worker-1"))
    assert run.with_outcome("failed") == {(READY, "worker-1")}
    assert "no node of the cluster has its name or address" in run.said()


def test_a_role_other_than_planned_is_told_of_the_node(judge: Judge) -> None:
    nodes = {**three_nodes(), "cp-3": ("worker",)}
    run = judge(nodes=nodes)
    assert run.with_outcome("failed") == {(READY, "cp-3")}
    assert "and is not planned as one" in run.said()


def test_nodes_of_another_architecture_than_the_package_fail(judge: Judge) -> None:
    run = judge(package={"architecture": "arm"})
    assert run.with_outcome("failed") == {(READY, f"cp-{number}") for number in (1, 2, 3)}


@pytest.mark.parametrize(
    ("release", "topology", "count", "outcome"),
    [
        ("4.0", "multi_cluster", 5, "passed"),
        ("4.0", "single_cluster", 5, "failed"),
        ("4.2", "multi_cluster", 5, "failed"),
        ("4.2", "multi_cluster", 2, "failed"),
        ("4.2", "single_node", 1, "passed"),
    ],
)
def test_the_number_of_control_plane_nodes(judge: Judge, release: str, topology: str, count: int, outcome: str) -> None:
    nodes = [node(f"cp-{number}", f"192.0.2.{number}") for number in range(1, count + 1)]
    run = judge({NODES: nodes}, release=release, topology=topology)
    assert (COUNT, "global") in run.with_outcome(outcome)


@pytest.mark.parametrize(
    ("release", "outcome"), [("4.0", "failed"), ("4.1", "failed"), ("4.2", "passed"), ("4.3", "failed")]
)
def test_the_version_of_kubernetes_by_release(judge: Judge, release: str, outcome: str) -> None:
    run = judge(release=release)
    assert (VERSION, "global") in run.with_outcome(outcome)


def test_the_version_shadow_is_owed_from_release_4_3_on(judge: Judge) -> None:
    stalled = {**healthy_objects()[VERSION_SHADOWS][0]["status"]}
    stalled["conditions"] = [says("Ready", "True"), says("PreflightReady", "True"), says("Stalled", "True")]
    run = judge(changed(VERSION_SHADOWS, **stalled), release="4.3")
    assert (RESOURCES, "ClusterVersionShadow/cpaas-system/global") in run.with_outcome("failed")
    assert "Stalled is True, not False" in run.said()
    assert "Reconciling is (not said), not False" in run.said()


@pytest.mark.parametrize(
    ("labels", "outcome"), [({}, "passed"), ({"cpaas.io/node-arch-constraint": "amd64"}, "failed")]
)
def test_the_constraint_of_architecture_with_a_hybrid_package(
    judge: Judge, labels: dict[str, str], outcome: str
) -> None:
    clusters = healthy_objects()[CLUSTERS]
    clusters[0]["metadata"]["labels"] = labels
    run = judge({CLUSTERS: clusters}, package={"architecture": "hybrid"})
    assert (ARCHITECTURE, "global") in run.with_outcome(outcome)


def test_the_constraint_of_architecture_is_not_known_without_the_cluster(judge: Judge) -> None:
    run = judge({CLUSTERS: []}, package={"architecture": "hybrid"})
    assert (ARCHITECTURE, "global") in run.with_outcome("broken")


@pytest.mark.parametrize(
    ("isolation", "outcome", "said"),
    [
        ({}, "broken", "isolation.taints, isolation.labels"),
        ({"taints": "acp=platform:NoSchedule"}, "failed", "has no taint acp=platform:NoSchedule"),
        ({"labels": {"acp": "platform"}}, "failed", "has no label acp=platform"),
        ({"labels": {"kubernetes.io/arch": "amd64"}}, "passed", ""),
    ],
)
def test_isolation_is_judged_by_the_marks_that_the_inventory_names(
    judge: Judge, isolation: dict[str, Any], outcome: str, said: str
) -> None:
    run = judge(isolation=isolation)
    assert (MARKS, "global") in run.with_outcome(outcome)
    assert said in run.said()


def test_calico_has_a_daemonset_of_its_own(judge: Judge) -> None:
    run = judge(with_more(DAEMON_SETS, daemon_set("calico-node")), cni="calico")
    assert (CNI, "global") in run.with_outcome("passed")
