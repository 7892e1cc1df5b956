"""The checks that load nodes, on real nodes: each seen to pass, to fail alone, to break, and not to run unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect import Settings, collect
from acp_acceptance.collect.active import BALANCER, BANDWIDTH, LATENCY, RATES
from acp_acceptance.inventory import load_inventory
from lab import FAULTS, NodeSpec
from lab.balancer import Balancer
from labs import started
from suite import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab import Lab

    Verdicts = dict[str, dict[str, dict[str, Any]]]

RELEASES = ["4.0", "4.1", "4.2", "4.3"]
PORTS = (443, 6443, 11443)
ACTIVE = {RATES, LATENCY, BALANCER}
DISK_FAULTS = [fault for fault in FAULTS.values() if fault.active and fault.requirement in {RATES, LATENCY}]


class Quiet:
    """Nobody is told how collection goes."""

    def collected(self, facts: object, done: int, of: int) -> None:
        """Say nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""


def measured(lab: Lab, reports: Path, wanted: set[str], release: str = "4.1") -> Verdicts:
    """Run only the wanted active checks, and judge what came of them as a user does with a recorded run."""
    inventory = load_inventory(lab.inventory, release=release, releases=RELEASES)
    owed = {(name, target) for name in wanted for target in (*lab.nodes, "global")}
    settings = Settings(forks=2, active_allowed_by="a test")
    snapshot, finished = collect(inventory, inventory.nodes, settings, Quiet(), owed)
    assert finished
    snapshot.save(reports / "recorded")
    run = judged(reports / "reports", "--acp-snapshot", reports / "recorded")
    assert run.results["run"]["active_allowed_by"] == "a test"
    return by_target(run.results)


def by_target(results: dict[str, Any]) -> Verdicts:
    found: Verdicts = {}
    for verdict in results["verdicts"]:
        found.setdefault(verdict["target"], {})[verdict["requirement"]] = verdict
    return found


def red(verdicts: dict[str, Any], *outcomes: str) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict["outcome"] in outcomes}


# What was not wanted here is broken, and not this test's business.
def assert_only(verdicts: dict[str, Any], fault: Any, among: set[str]) -> None:
    wanted = {fault.requirement}
    if fault.breaks:
        assert fault.requirement in red(verdicts, "broken"), verdicts[fault.requirement]
        assert verdicts[fault.requirement]["reason"]
        assert red(verdicts, "failed") == set()
    else:
        assert red(verdicts, "failed") & among == wanted, [verdicts[name] for name in among]
        assert "]. Next: " in verdicts[fault.requirement]["message"]
        assert "{" not in verdicts[fault.requirement]["message"]


# --- disks


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    specs = [NodeSpec("fast", faults=("disk-fast",)), NodeSpec("fast-bash", "rhel-8.6", faults=("disk-fast",))]
    specs += [NodeSpec("real"), NodeSpec("busybox", shell_program="busybox")]
    specs += [NodeSpec(name, faults=(name,)) for name in ("kubelet-runs", *(fault.name for fault in DISK_FAULTS))]
    with started(specs, "disks") as lab:
        return measured(lab, tmp_path_factory.mktemp("disks"), {RATES, LATENCY})


@pytest.mark.parametrize("node", ["fast", "fast-bash"])
def test_a_fast_disk_passes(disks: Verdicts, node: str) -> None:
    found = disks[node]
    assert {RATES, LATENCY} <= red(found, "passed"), [found[RATES], found[LATENCY]]
    assert found[LATENCY]["evidence"]["milliseconds"] == 0.5
    assert found[LATENCY]["evidence"]["operations"] == 2000


def test_this_machines_own_times_are_measured_whatever_they_are(disks: Verdicts) -> None:
    found = disks["real"]
    assert {RATES, LATENCY} <= red(found, "passed", "failed"), [found[RATES], found[LATENCY]]
    assert found[LATENCY]["evidence"]["samples"] >= 50
    assert found[LATENCY]["evidence"]["milliseconds"] > 0
    assert found[RATES]["evidence"]["mode"] in {"direct", "dsync"}


@pytest.mark.parametrize("fault", DISK_FAULTS, ids=lambda item: item.name)
def test_a_disk_fault_turns_its_requirement_red_and_no_other(disks: Verdicts, fault: Any) -> None:
    assert_only(disks[fault.name], fault, {RATES, LATENCY})


def test_a_dd_that_says_no_times_as_that_of_some_busyboxes_is_broken_and_said(disks: Verdicts) -> None:
    for name in (RATES, LATENCY):
        assert disks["busybox"][name]["outcome"] == "broken"
        assert "does not say how long it wrote (it said: " in disks["busybox"][name]["reason"]


def test_a_node_of_an_installed_platform_is_refused_by_name_of_the_sign(disks: Verdicts) -> None:
    for name in (LATENCY, RATES):
        assert disks["kubelet-runs"][name]["outcome"] == "not_applicable"
        assert "Kubernetes runs on this node already" in disks["kubelet-runs"][name]["reason"]


# --- network


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    # Each sends to the next: one that cannot receive makes the one before it unmeasurable.
    names = ["first", "path-slow", "no-python", "link-unknown", "link-100", "before", "no-peer-program"]
    specs = [NodeSpec(name, roles=("worker",), faults=(name,) if name in FAULTS else ()) for name in names]
    with started(specs, "network") as lab:
        return measured(lab, tmp_path_factory.mktemp("network"), {BANDWIDTH}, "4.2")


@pytest.mark.parametrize("node", ["first", "no-python", "link-unknown"])
def test_a_fast_network_passes(network: Verdicts, node: str) -> None:
    assert network[node][BANDWIDTH]["outcome"] == "passed", network[node][BANDWIDTH]
    assert network[node][BANDWIDTH]["evidence"]["megabits"] > 850


@pytest.mark.parametrize(("node", "said"), [("path-slow", "went through to no-python"), ("link-100", "100 Mbit/s")])
def test_a_slow_way_and_a_slow_link_fail_alone(network: Verdicts, node: str, said: str) -> None:
    assert said in network[node][BANDWIDTH]["message"]
    assert red(network[node], "failed") == {BANDWIDTH, f"{BANDWIDTH}-advised"}


@pytest.mark.parametrize("node", ["no-peer-program", "before"])
def test_without_a_program_that_can_listen_it_is_broken_with_that_reason(network: Verdicts, node: str) -> None:
    assert network[node][BANDWIDTH]["outcome"] == "broken"
    assert "neither python nor perl" in network[node][BANDWIDTH]["reason"]


# --- load balancer


@pytest.fixture(scope="module")
def cluster() -> Iterator[Lab]:
    with started([NodeSpec("cp-1"), NodeSpec("cp-2", "rhel-8.6"), NodeSpec("cp-3")], "balanced") as running:
        yield running


@pytest.fixture
def verdict(cluster: Lab, tmp_path: Path) -> Callable[[], dict[str, Any]]:
    number = iter(range(10))
    return lambda: measured(cluster, tmp_path / str(next(number)), {BALANCER}, "4.2")["global"][BALANCER]


def test_a_balancer_that_leads_to_every_node_passes(cluster: Lab, verdict: Callable[[], dict[str, Any]]) -> None:
    with Balancer(cluster, PORTS, ["cp-1", "cp-2", "cp-3"]):
        assert verdict()["outcome"] == "passed"


def test_a_node_that_is_left_out_and_a_port_that_is_closed_fail_by_name(
    cluster: Lab, verdict: Callable[[], dict[str, Any]]
) -> None:
    with Balancer(cluster, PORTS[:2], ["cp-1", "cp-3"]):
        found = verdict()
    assert found["outcome"] == "failed"
    assert [item["sentence"] for item in found["findings"]] == ["missing", "missing", "silent"]
    assert found["findings"][0]["observed"]["nodes"] == ["cp-2"]
    assert found["findings"][2]["observed"]["port"] == 11443


def test_a_balancer_that_keeps_clients_is_not_blamed_for_a_node_it_may_lead_to(
    cluster: Lab, verdict: Callable[[], dict[str, Any]]
) -> None:
    with Balancer(cluster, PORTS, ["cp-1", "cp-2", "cp-3"], keeps_clients=True):
        assert verdict()["outcome"] == "passed"
    with Balancer(cluster, PORTS, ["cp-1", "cp-3"], keeps_clients=True):
        found = verdict()
    assert found["outcome"] == "broken"
    assert "source affinity" in found["reason"]


def test_what_a_node_itself_prevents_is_not_blamed_on_the_balancer(
    cluster: Lab, verdict: Callable[[], dict[str, Any]]
) -> None:
    node = cluster.nodes["cp-3"]
    node.apply("port-6443-taken")
    node.run("nft add table inet test; nft 'add chain inet test in { type filter hook input priority 0; }'; "
             "nft add rule inet test in iifname eth0 tcp dport 11443 drop")  # fmt: skip
    try:
        with Balancer(cluster, PORTS, ["cp-1", "cp-2", "cp-3"]):
            found = verdict()
    finally:
        node.run(
            "nft delete table inet test; kill $(ss -lntpH 'sport = :6443' | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p')"
        )
    assert found["outcome"] == "broken"
    assert "cp-3 port 6443 is taken: tcp 6443 (haproxy, pid " in found["reason"]
    assert "cp-3 cannot be reached at" in found["reason"]
    assert "port 11443 itself" in found["reason"]


# --- not asked


def test_without_the_option_nothing_is_run_and_the_reason_says_how_to_allow_it(cluster: Lab, tmp_path: Path) -> None:
    run = judged(tmp_path, f"--acp-inventory={cluster.inventory}", "--acp-release=4.1")
    found = by_target(run.results)
    for name, target in ((RATES, "cp-1"), (LATENCY, "cp-2"), (BALANCER, "global")):
        assert found[target][name]["outcome"] == "not_applicable"
        assert found[target][name]["reason"] == "it loads the node; allow it with --acp-active"
    assert found["cp-1"][BANDWIDTH]["outcome"] == "passed"
    assert run.results["run"]["active"] is False
    for kind in ("disk_rates", "sync_writes", "throughput"):
        assert kind in run.folder.joinpath("snapshot/targets/0000-cp-1.json").read_text(encoding="utf-8")
    assert "active checks" not in run.output


@pytest.mark.parametrize(("user", "environment"), [("root", {"ACP_ACTIVE_ALLOWED_BY": "J. Doe"}), ("acp-csh", {}), ("acp-password", {})])  # fmt: skip
def test_with_the_option_the_record_says_who_allowed_it(
    cluster: Lab, tmp_path: Path, user: str, environment: dict[str, str]
) -> None:
    if user == "acp-password":
        environment = {"ACP_SUDO_PASSWORD": cluster.password}
    option = "--acp-active" if "ACP_ACTIVE_ALLOWED_BY" in environment else "--acp-active=J. Doe"
    hosts = f"--hosts={user}@cp-1,{user}@cp-3"
    plain = ("--acp-release=4.2", "--acp-role=control_plane", "--acp-topology=multi_cluster")
    run = judged(tmp_path, hosts, f"--ssh-config={cluster.ssh_config}", *plain, option, environment=environment)
    assert run.results["run"]["active"] is True
    assert run.results["run"]["active_allowed_by"] == "J. Doe"
    found = by_target(run.results)
    for node in ("cp-1", "cp-3"):
        assert {LATENCY, BANDWIDTH} <= red(found[node], "passed", "failed"), run.output
    assert found["global"][BALANCER]["outcome"] == "broken"
    assert "neither vip nor external_ip" in found["global"][BALANCER]["reason"]


def test_users_without_rights_load_nothing(cluster: Lab, tmp_path: Path) -> None:
    plain = ("--acp-release=4.2", "--acp-role=control_plane", "--acp-topology=multi_cluster", "--acp-active")
    run = judged(tmp_path, "--hosts=acp-nosudo@cp-1", f"--ssh-config={cluster.ssh_config}", *plain)
    assert "need root rights" in by_target(run.results)["cp-1"][LATENCY]["reason"]
