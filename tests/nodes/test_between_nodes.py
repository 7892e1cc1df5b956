"""What lies between real nodes: a fault on one of them turns that one red, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab import NodeSpec
from labs import started
from suite import judged

if TYPE_CHECKING:
    from pathlib import Path

    from lab import Lab

FIREWALL = "preflight.between.node-firewall"
LATENCY = "preflight.between.latency"
MTU = "preflight.between.mtu"
DOMAIN = "preflight.platform.platform-domain-advised"
# A filter is a firewall of the node, too: that is red beside it.
OWN = {"preflight.kernel.firewall-off"}
CHAIN = "nft add table inet t && nft 'add chain inet t {0} {{ type filter hook {0} priority 0; }}' && nft add rule inet t {0} "
# netem is not in every kernel: packets are not really late, the node's ping says so.
LATE = """mv /usr/bin/ping /usr/bin/real-ping
printf '#!/bin/sh\\nreal-ping "$@" | sed "s,= [0-9.]*/,= 25.0/,"\\n' >/usr/bin/ping
chmod 755 /usr/bin/ping"""

CASES = {
    "dropped": (CHAIN.format("input") + "tcp dport 10250 drop", FIREWALL, "failed", "ports: 10250 (tcp no-answer)"),
    "prohibited": (
        CHAIN.format("input") + "tcp dport 6443 reject with icmpx type admin-prohibited",
        FIREWALL,
        "failed",
        "6443 (tcp prohibited)",
    ),
    "udp-dropped": (CHAIN.format("input") + "udp dport 6081 drop", FIREWALL, "failed", "6081 (udp no-answer)"),
    "outbound-dropped": (
        CHAIN.format("output") + "meta l4proto tcp ct state new drop",
        FIREWALL,
        "failed",
        "it does not get through to ports",
    ),
    "busy": (
        CHAIN.format("output")
        + "meta l4proto tcp ct state new drop"
        + " && echo 9.0 9.0 9.0 100000/100001 1 >/run/loadavg && mount --bind /run/loadavg /proc/loadavg",
        FIREWALL,
        "broken",
        "too many processes wait for a processor of b",
    ),
    "no-bash": (
        "sed -i s,/bin/bash,/bin/sh, /etc/passwd && rm $(command -v bash)",
        FIREWALL,
        "broken",
        "bash is needed on the node",
    ),
    "late": (LATE, LATENCY, "failed", "takes 25.0 ms, and at most 10 ms is allowed"),
    "no-ping": ("rm $(command -v ping)", LATENCY, "broken", "ping is needed on the node"),
    "narrow": ("ip link set eth0 mtu 1400", MTU, "failed", "packets of 1500 bytes do not get to"),
    "no-mtu": ("rm $(command -v ping)", MTU, "broken", "ping is needed on the node"),
    "wrong-domain": (
        "sed -i 's/^.* acp.lab.example$/192.0.2.77 acp.lab.example/' /etc/hosts",
        DOMAIN,
        "failed",
        "it resolves acp.lab.example to 192.0.2.77",
    ),
    "no-domain": ("sed -i '/acp.lab.example/d' /etc/hosts", DOMAIN, "failed", "it cannot resolve acp.lab.example"),
    "no-getent": ("rm $(command -v getent)", DOMAIN, "broken", "getent is needed on the node"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_turns_its_own_node_red_alone(tmp_path: Path, case: str) -> None:
    script, requirement, outcome, said = CASES[case]
    specs = [NodeSpec("a", roles=("control_plane", "installer")), NodeSpec("b"), NodeSpec("c", "rhel-8.6")]
    with started(specs, f"between-{case}") as lab:
        done = lab.nodes["b"].run(script)
        assert done.returncode == 0, done.stderr
        run = judged(tmp_path, f"--acp-inventory={lab.inventory}")
    found: dict[str, Any] = {item["target"]: item for item in verdicts(run.results, requirement)}
    assert {name: item["outcome"] for name, item in found.items()} == {"a": "passed", "b": outcome, "c": "passed"}
    assert said in f"{found['b']['message']} {found['b']['reason']}"
    red = {name.removesuffix("-advised") for name, _ in run.with_outcome("failed")}
    assert red - OWN <= {requirement.removesuffix("-advised")}
    assert {target for _, target in run.with_outcome("failed", "broken")} == {"b"}


def verdicts(results: dict[str, Any], requirement: str) -> list[dict[str, Any]]:
    return [item for item in results["verdicts"] if item["requirement"] == requirement]


def test_a_healthy_mesh_passes_and_can_be_judged_again_offline(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    specs = [NodeSpec(f"n-{number}", roles=("control_plane",)) for number in range(3)]
    with started(specs, "between") as lab:
        run = judged(tmp_path, f"--acp-inventory={lab.inventory}")
        logs = [node.run("cat /var/log/sshd.log").stdout for node in lab.nodes.values()]
    # One connection serves both round trips.
    assert [log.count("Accepted publickey") for log in logs] == [1, 1, 1]
    for requirement in (FIREWALL, LATENCY, MTU, DOMAIN):
        assert {item["outcome"] for item in verdicts(run.results, requirement)} == {"passed"}
    (found,) = {(item["evidence"]["tried"], item["evidence"]["of"]) for item in verdicts(run.results, FIREWALL)}
    assert found == (2, 2)
    again = judged(tmp_path_factory.mktemp("again"), "--acp-snapshot", run.folder)
    for requirement in (FIREWALL, LATENCY, MTU, DOMAIN):
        assert {item["outcome"] for item in verdicts(again.results, requirement)} == {"passed"}


def test_a_lonely_node_has_no_way_to_measure(tmp_path: Path) -> None:
    with started([NodeSpec("a")], "between-alone") as lab:
        run = judged(tmp_path, f"--acp-inventory={lab.inventory}")
    for requirement in (FIREWALL, LATENCY, MTU):
        assert {item["outcome"] for item in verdicts(run.results, requirement)} == {"not_applicable"}


def test_above_some_size_a_sample_is_tried_and_said(tmp_path: Path) -> None:
    specs = [NodeSpec(f"n-{number:02}", roles=("control_plane" if number < 3 else "worker",)) for number in range(22)]
    with started(specs, "between-many") as lab:
        run = judged(tmp_path, f"--acp-inventory={lab.inventory}")
    found = verdicts(run.results, FIREWALL)
    assert {item["outcome"] for item in found} == {"passed"}
    assert {item["evidence"]["of"] for item in found} == {21}
    assert max(item["evidence"]["tried"] for item in found) < 10


RECOVERY_DOMAIN = "preflight.recovery.dr-domain-points-here"


def pair_inventory(lab: Lab, file: Path) -> Path:
    """Write the lab's inventory as a pair of which the second side, two nodes, is to be installed."""
    document = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    site = document["all"]["vars"]["acp"]
    own = {"parameters": site.pop("parameters"), "vip": site.pop("vip")}
    site["clusters"] = {
        "first": {**own, "role": "primary", "vip": "192.0.2.10", "installed": True},
        "second": {**own, "role": "standby"},
    }
    document["all"]["children"] |= {"first": {"hosts": {"a": None}}, "second": {"hosts": {"b": None, "c": None}}}
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


@pytest.mark.parametrize("case", ["healthy", "wrong-domain", "no-getent"])
def test_the_domain_of_a_pair_points_to_the_side_that_is_installed(tmp_path: Path, case: str) -> None:
    script, _, outcome, said = CASES.get(case, ("true", "", "passed", ""))
    specs = [NodeSpec("a"), NodeSpec("b", roles=("control_plane", "installer")), NodeSpec("c", "rhel-8.6")]
    with started(specs, f"pair-{case}") as lab:
        assert lab.nodes["c"].run(script).returncode == 0
        run = judged(tmp_path / "reports", f"--acp-inventory={pair_inventory(lab, tmp_path / 'pair.yml')}")
    found = {item["target"]: item for item in verdicts(run.results, RECOVERY_DOMAIN)}
    outcomes = {name: item["outcome"] for name, item in found.items()}
    assert outcomes == {"a": "not_applicable", "b": "passed", "c": outcome}, found["b"]["reason"]
    assert said in f"{found['c']['message']} {found['c']['reason']}"
