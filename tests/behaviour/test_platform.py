"""What a cluster or the whole site owes before installation, from the inventory to the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sites import saved_site, site_file, three_nodes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

COUNT = "preflight.capacity.node-count"
INSTALLER = "preflight.capacity.installer-node"
PRODUCTION = "preflight.capacity.topology-production"
OVERLAP = "preflight.network.cidr-overlap"


@pytest.fixture
def judge(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> Callable[..., SuiteRun]:
    """Judge a site of healthy nodes, offline: three control plane nodes unless others are named."""

    def run(
        nodes: dict[str, tuple[str, ...]] | None = None,
        facts: dict[str, Any] | None = None,
        options: tuple[object, ...] = (),
        **site: Any,
    ) -> SuiteRun:
        file = site_file(tmp_path, nodes or three_nodes(), **site)
        return run_suite("--acp-snapshot", saved_site(tmp_path, file, **(facts or {})), *options)

    return run


def test_a_planned_site_is_accepted(judge: Callable[..., SuiteRun]) -> None:
    run = judge()
    assert run.with_outcome("failed", "broken") == set(), run.output
    assert run.status == 0
    assert {name for name, _ in run.with_outcome("passed")} >= {COUNT, INSTALLER, PRODUCTION, OVERLAP}


def test_plain_hosts_are_no_plan_of_a_site(run_suite: Callable[..., SuiteRun]) -> None:
    run = run_suite("--hosts=root@127.0.0.1:1", "--acp-release=4.2", "--acp-role=control_plane")
    for name in (COUNT, INSTALLER, PRODUCTION, OVERLAP):
        assert set(run.outcomes(name).values()) == {"not_applicable"}


@pytest.mark.parametrize(
    ("nodes", "site", "said"),
    [
        ({**three_nodes(), "cp-4": ("control_plane",)}, {}, "it has 4 control plane nodes"),
        (three_nodes(), {"release": "4.0"}, "it has 0 workers"),
        (three_nodes("worker-1"), {"managed_clusters": 500}, "it has 4 nodes, fewer than the 6"),
    ],
)
def test_a_number_of_nodes_that_does_not_fit_fails_alone(
    judge: Callable[..., SuiteRun], nodes: dict[str, tuple[str, ...]], site: dict[str, Any], said: str
) -> None:
    run = judge(nodes, **site)
    assert {name for name, target in run.with_outcome("failed") if target == "global"} == {COUNT}
    assert said in run.output


def test_an_installer_that_is_a_worker_fails_alone(judge: Callable[..., SuiteRun]) -> None:
    nodes = dict.fromkeys(("cp-1", "cp-2", "cp-3"), ("control_plane",)) | {"worker-1": ("worker", "installer")}
    run = judge(nodes)
    assert run.with_outcome("failed") == {(INSTALLER, "global")}
    assert "the installer node worker-1 is no control plane node" in run.output


def test_a_site_without_an_installer_node_is_not_measured(judge: Callable[..., SuiteRun]) -> None:
    run = judge(dict.fromkeys(("cp-1", "cp-2", "cp-3"), ("control_plane",)))
    assert (INSTALLER, "global") in run.with_outcome("broken")
    assert "the inventory names no installer node" in run.output


def test_a_single_node_is_advised_against_and_no_more(judge: Callable[..., SuiteRun]) -> None:
    run = judge({"demo-1": ("control_plane", "worker", "installer")}, topology="single_node")
    assert run.with_outcome("failed") == {(PRODUCTION, "site")}
    assert run.status == 0


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ({"networks": {"pods": "10.4.128.0/17"}}, "pods 10.4.128.0/17 overlaps services 10.4.0.0/16"),
        ({"networks": {"join": "192.0.2.0/30"}}, "join 192.0.2.0/30 overlaps 192.0.2.1/32, a network of cp-1"),
        (
            {"networks": {"pods": "192.0.0.0/16", "services": "192.0.2.128/25"}},
            "pods 192.0.0.0/16 overlaps services 192.0.2.128/25",
        ),
    ],
)
def test_networks_that_overlap_fail_alone(judge: Callable[..., SuiteRun], site: dict[str, Any], said: str) -> None:
    run = judge(**site)
    assert run.with_outcome("failed") == {(OVERLAP, "global")}
    assert said in run.output


def test_calico_takes_no_networks_of_nodes(judge: Callable[..., SuiteRun]) -> None:
    run = judge(cni="calico", networks={"pods": "192.0.2.0/24"})
    assert run.outcomes(OVERLAP) == {(OVERLAP, "global"): "passed"}


def test_an_ipv6_network_that_nobody_says_is_not_measured(judge: Callable[..., SuiteRun]) -> None:
    run = judge(ip_family="dual_stack")
    assert (OVERLAP, "global") in run.with_outcome("broken")
    assert "no IPv6 network is known for pods; say it in the inventory: networks.pods" in run.output
