"""What a cluster or the whole site owes before installation, from the inventory to the verdict."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.model.runner_view import Knock, RunnerView
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.requirements import load_catalogue
from certificates import authority, issued
from sites import saved_site, site_file, three_nodes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

COUNT = "preflight.capacity.node-count"
INSTALLER = "preflight.capacity.installer-node"
PRODUCTION = "preflight.capacity.topology-production"
OVERLAP = "preflight.network.cidr-overlap"
VIP = "preflight.platform.vip"
SELF_BUILT = "preflight.platform.self-built-vip"
CERTIFICATE = "preflight.platform.certificate"
PORT = "preflight.platform.installer-port"

SEEN = RunnerView(
    (
        Knock("192.0.2.10", 22, "silent"),
        Knock("192.0.2.10", 443, "refused"),
        Knock("192.0.2.1", 8080, "refused"),
    )
)
"""What this machine sees of a healthy site before installation."""


@pytest.fixture
def judge(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> Callable[..., SuiteRun]:
    """Judge a site of healthy nodes, offline: three control plane nodes unless others are named."""

    def run(
        nodes: dict[str, tuple[str, ...]] | None = None,
        facts: dict[str, Any] | None = None,
        options: tuple[object, ...] = (),
        **site: Any,
    ) -> SuiteRun:
        file = site_file(tmp_path, nodes or three_nodes(), **{"vip": "192.0.2.10", **site})
        given = {"runner_view": SEEN, **(facts or {})}
        return run_suite("--acp-snapshot", saved_site(tmp_path, file, **given), *options)

    return run


def test_a_planned_site_is_accepted(judge: Callable[..., SuiteRun]) -> None:
    run = judge()
    assert run.with_outcome("failed", "broken") == set(), run.output
    assert run.status == 0
    assert {name for name, _ in run.with_outcome("passed")} >= {COUNT, INSTALLER, PRODUCTION, OVERLAP, VIP, PORT}


def test_plain_hosts_are_no_plan_of_a_site(run_suite: Callable[..., SuiteRun]) -> None:
    run = run_suite("--hosts=root@127.0.0.1:1", "--acp-release=4.2", "--acp-role=control_plane")
    for name in (COUNT, INSTALLER, PRODUCTION, OVERLAP, VIP, PORT, CERTIFICATE, SELF_BUILT):
        assert set(run.outcomes(name).values()) == {"not_applicable"}


@pytest.mark.parametrize(
    ("nodes", "site", "said"),
    [
        ({**three_nodes(), "cp-4": ("control_plane",)}, {}, "control plane nodes: 4"),
        (three_nodes(), {"release": "4.0"}, "workers: 0"),
        (three_nodes("worker-1"), {"managed_clusters": 500}, "nodes: 4, fewer than the 6"),
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
    run = judge({"demo-1": ("control_plane", "worker", "installer")}, topology="single_node", vip=None)
    assert run.with_outcome("failed") == {(PRODUCTION, "site")}
    assert run.status == 0


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ({"networks": {"pods": "10.4.128.0/17"}}, "pods 10.4.128.0/17 overlaps services 10.4.0.0/16"),
        (
            {"networks": {"join": "192.0.2.0/30"}},
            "join 192.0.2.0/30 overlaps 192.0.2.0/25, a network of cp-1, cp-2, cp-3",
        ),
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


@pytest.mark.parametrize(
    ("site", "facts", "said"),
    [
        ({"vip": None}, {}, "no VIP is named"),
        ({"vip": "192.0.2.3"}, {}, "the VIP 192.0.2.3 is the address of cp-3"),
        ({"workload_clusters_in_other_networks": True}, {}, "no External IP is named"),
        (
            {},
            {"runner_view": RunnerView((Knock("192.0.2.10", 22, "open", "SSH-2.0-x"), *SEEN.knocks[1:]))},
            "at the VIP 192.0.2.10 an SSH server answers (port 22: SSH-2.0-x)",
        ),
    ],
)
def test_a_vip_that_will_not_do_fails_alone(
    judge: Callable[..., SuiteRun], site: dict[str, Any], facts: dict[str, Any], said: str
) -> None:
    run = judge(None, facts, **site)
    assert run.with_outcome("failed") == {(VIP, "global")}
    assert said in run.output


def test_a_vip_of_which_nothing_was_learnt_is_not_measured(judge: Callable[..., SuiteRun]) -> None:
    knocks = (Knock("192.0.2.10", 22, "no-route"), Knock("192.0.2.10", 443, "no-route"), SEEN.knocks[2])
    run = judge(None, {"runner_view": RunnerView(knocks)})
    assert run.with_outcome("broken") == {(VIP, "global")}
    assert "this machine has no route to 192.0.2.10" in run.output


def test_a_single_node_needs_no_vip_and_may_stand_for_it(judge: Callable[..., SuiteRun]) -> None:
    nodes = {"demo-1": ("control_plane", "worker", "installer")}
    assert judge(nodes, topology="single_node", vip=None).outcomes(VIP) == {(VIP, "global"): "not_applicable"}


@pytest.mark.parametrize(
    ("release", "outcome"), [("4.0", "not_applicable"), ("4.1", "not_applicable"), ("4.2", "failed"), ("4.3", "failed")]
)
def test_a_self_built_vip_takes_no_domain_from_release_4_2_on(
    judge: Callable[..., SuiteRun], release: str, outcome: str
) -> None:
    run = judge(
        release=release, parameters={"self_built_vip": {"enabled": True}, "cluster_endpoint": "acp.example.com"}
    )
    assert run.outcomes(SELF_BUILT) == {(SELF_BUILT, "global"): outcome}
    # Nobody says the VRID.
    assert (VIP, "global") in run.with_outcome("broken")


def test_a_self_built_vip_outside_the_nodes_network_fails(judge: Callable[..., SuiteRun]) -> None:
    seen = RunnerView((Knock("192.0.2.200", 443, "refused"), Knock("192.0.2.1", 8080, "refused")))
    planned = {"self_built_vip": {"enabled": True, "vrid": 7}, "platform_address": "192.0.2.200"}
    run = judge(None, {"runner_view": seen}, vip="192.0.2.200", parameters=planned)
    assert (VIP, "global") in run.with_outcome("failed")
    assert "192.0.2.0/25" in run.output


def test_a_self_built_vip_in_the_nodes_network_passes(judge: Callable[..., SuiteRun]) -> None:
    run = judge(parameters={"self_built_vip": {"enabled": True, "vrid": 7}, "platform_address": "192.0.2.10"})
    assert run.outcomes(VIP) == {(VIP, "global"): "passed"}


@pytest.mark.parametrize(
    ("state", "said"), [("silent", "gives no answer on port 8080"), ("unreachable", "is unreachable")]
)
def test_an_installer_that_cannot_be_reached_is_advised_against(
    judge: Callable[..., SuiteRun], state: str, said: str
) -> None:
    run = judge(None, {"runner_view": RunnerView((*SEEN.knocks[:2], Knock("192.0.2.1", 8080, state)))})
    assert run.with_outcome("failed") == {(PORT, "global")}
    assert said in run.output
    assert run.status == 0


def test_an_installer_whose_name_is_not_known_here_is_not_measured(judge: Callable[..., SuiteRun]) -> None:
    run = judge(None, {"runner_view": RunnerView((*SEEN.knocks[:2], Knock("192.0.2.1", 8080, "unresolved")))})
    assert run.with_outcome("broken") == {(PORT, "global")}


def certificate(
    folder: Path, content: bytes | None = None, key: bytes | None = None, name: str = "acp.example.com"
) -> dict[str, Any]:
    """Write an own certificate, and give the parameters that name it."""
    file, key_file = authority(name).write(folder, content, key)
    own = {"kind": "own", "file": str(file), "key_file": str(key_file)}
    return {"platform_address": "acp.example.com", "certificate": own}


def test_a_good_certificate_passes(judge: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = judge(parameters=certificate(tmp_path))
    assert run.outcomes(CERTIFICATE) == {(CERTIFICATE, "global"): "passed"}, run.output
    (key,) = [line for line in (tmp_path / "acp.key").read_bytes().splitlines() if line.startswith(b"MIG")]
    assert not [file for file in run.reports.rglob("*") if file.is_file() and key in file.read_bytes()]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "other.example.com"}, "and not for acp.example.com"),
        ({"key": issued("x").key_pem()}, "the private key is not the certificate's"),
        (
            {"content": authority().leaf.pem},
            "the certificate of CN=Middle, which issued CN=acp.example.com, is missing",
        ),
        ({"content": b"junk"}, "the certificate's file holds no certificate"),
    ],
)
def test_a_certificate_with_a_fault_fails_alone(
    judge: Callable[..., SuiteRun], tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    run = judge(parameters=certificate(tmp_path, **wrong))
    assert run.with_outcome("failed") == {(CERTIFICATE, "global")}
    assert said in run.output


@pytest.mark.parametrize("unsaid", ["file", "key_file"])
def test_a_certificate_that_is_not_at_hand_is_not_measured(
    judge: Callable[..., SuiteRun], tmp_path: Path, unsaid: str
) -> None:
    parameters = certificate(tmp_path)
    del parameters["certificate"][unsaid]
    run = judge(parameters=parameters)
    assert run.with_outcome("broken") == {(CERTIFICATE, "global")}
    assert f"parameters.certificate.{unsaid}" in run.output


def test_the_platform_s_own_certificate_needs_no_file(judge: Callable[..., SuiteRun]) -> None:
    run = judge(parameters={"certificate": {"kind": "self_signed"}})
    assert run.outcomes(CERTIFICATE) == {(CERTIFICATE, "global"): "not_applicable"}


def test_real_addresses_are_looked_at_while_nodes_are_collected(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.2", 0)) as machine:

        def serve() -> None:
            connection, _ = machine.accept()
            with connection:
                connection.sendall(b"SSH-2.0-someone\r\n")

        threading.Thread(target=serve, daemon=True).start()
        port = machine.getsockname()[1]
        nodes = {"cp-1": ("control_plane", "installer")}
        file = site_file(tmp_path, nodes, vip="127.0.0.2", parameters={"https_port": port})
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("ansible_host: 192.0.2.1", "{ansible_host: 127.0.0.1, ansible_port: 1}"))
        run = run_suite(f"--acp-inventory={file}")
    assert f"at the VIP 127.0.0.2 an SSH server answers (port {port}: SSH-2.0-someone)" in run.output
    assert run.outcomes(VIP) == {(VIP, "global"): "failed"}


@pytest.mark.parametrize(
    ("site", "asked", "left"),
    [
        ({"release": "4.0"}, {"capacity.reserve", "capacity.growth"}, {"capacity.pods-per-worker", "network.network-mode-option"}),
        ({"release": "4.1", "topology": "single_cluster", "cni": "calico"}, {"capacity.pods-per-worker", "network.network-mode-option"}, {"capacity.growth"}),
        ({"cni": "calico"}, {"network.protocol-fixed"}, {"capacity.reserve", "network.network-mode-option", "platform.vrrp"}),
        ({"ip_family": "ipv6", "parameters": {"self_built_vip": {"enabled": True}}}, {"network.ip-family-option", "platform.vrrp"}, {"capacity.reserve"}),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_asked_and_gives_no_verdict(
    judge: Callable[..., SuiteRun], site: dict[str, Any], asked: set[str], left: set[str]
) -> None:
    run = judge(options=("--acp-lang=ru",), **site)
    questions = {item["id"].removeprefix("preflight."): item for item in run.results["questions"]}
    assert asked <= questions.keys()
    assert not left & questions.keys()
    assert phrase("questions", "ru") in run.output
    assert f"  [ ] {load_catalogue().questions['preflight.network.protocol-fixed'].asks.ru}" in run.output
    assert not set(questions) & {name.removeprefix("preflight.") for name, _ in run.outcomes()}
