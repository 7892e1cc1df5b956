"""Nodes that are to join an installed cluster: only they owe what an installation asks, and the way to the old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab import NodeSpec
from labs import started
from suite import judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Lab

OLD = ("cp-1", "cp-2", "cp-3")
FIREWALL, EXISTING = "preflight.between.node-firewall", "preflight.software.existing-kubernetes"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    old = [NodeSpec(name, faults=("kubernetes-process",)) for name in OLD]
    new = [NodeSpec("w-4", "rhel-8.6", ("worker",)), NodeSpec("w-5", roles=("worker",))]
    with started([*old, *new], "joining") as running:
        yield running


@pytest.fixture
def inventory(lab: Lab, tmp_path: Path) -> Path:
    """The lab's inventory, in which two workers are new."""
    document = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    workers = document["all"]["children"]["worker"]["hosts"]
    for name in ("w-4", "w-5"):
        workers[name] = {**(workers[name] or {}), "new": True}
    file = tmp_path / "inventory.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def outcomes(results: dict[str, Any], name: str) -> dict[str, str]:
    return {item["requirement"]: item["outcome"] for item in results["verdicts"] if item["target"] == name}


def test_new_nodes_owe_everything_and_old_ones_the_way_between(lab: Lab, inventory: Path, tmp_path: Path) -> None:
    run = judged(tmp_path / "reports", f"--acp-inventory={inventory}")
    assert run.results["verdict"] == "accepted", run.output
    old, new = outcomes(run.results, "cp-1"), outcomes(run.results, "w-4")
    # Kubernetes runs on the old ones, and nobody minds.
    assert {old[EXISTING], old["preflight.kernel.swap"]} == {"not_applicable"}
    assert old[FIREWALL] == new[FIREWALL] == new[EXISTING] == new["preflight.kernel.swap"] == "passed"
    assert len(lab.nodes) == len({item["target"] for item in run.results["verdicts"] if item["kind"] == "node"})


def test_a_new_node_behind_a_firewall_and_with_swap_is_found(lab: Lab, inventory: Path, tmp_path: Path) -> None:
    firewall = "nft add table inet t && nft 'add chain inet t c { type filter hook input priority 0; }'"
    node = lab.nodes["w-5"]
    assert node.run(f"{firewall} && nft add rule inet t c tcp dport 10250 drop").returncode == 0
    assert node.run("touch /etc/systemd/system/kubelet.service").returncode == 0
    try:
        run = judged(tmp_path / "reports", f"--acp-inventory={inventory}")
    finally:
        node.run("nft flush ruleset; rm /etc/systemd/system/kubelet.service")
    red = {(name, target) for name, target in run.with_outcome("failed", "broken") if "firewall" not in name}
    assert red == {("preflight.software.kubelet-unit", "w-5")}
    assert outcomes(run.results, "w-5")[FIREWALL] == "failed", run.output
