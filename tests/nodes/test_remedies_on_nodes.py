"""Remedies on faulty nodes: what they mend is green afterwards, and what is behind a switch stays until it says yes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import NodeSpec
from labs import started
from suite import SuiteRun, judged

if TYPE_CHECKING:
    from lab import Lab

HARMLESS = {
    "ubuntu-22.04": ("swap-in-fstab", "ovn-not-at-boot", "localhost-elsewhere", "tmp-noexec"),
    "rhel-8.6": ("ipvs-not-at-boot", "zram-swap", "selinux-at-boot", "localhost-missing"),
}
BEHIND_SWITCHES = {
    "ubuntu-22.04": ("sshd-use-pam", "package-containerd", "binary-nerdctl", "filter-rule", "search-domain"),
    "rhel-8.6": ("sshd-use-dns", "package-docker-ce", "left-docker", "kubelet-unit", "binary-plugin"),
}
SWITCHES = ("firewall", "leftovers", "packages", "resolv_conf", "sshd")


def run_of(lab: Lab, reports: Path) -> SuiteRun:
    return judged(reports, f"--acp-inventory={lab.inventory}")


def failed_on(run: SuiteRun) -> set[tuple[str, str]]:
    return {(target, requirement) for requirement, target in run.with_outcome("failed")}


def mend(lab: Lab, node: str, script: Path, **switches: str) -> str:
    """Run a node's script on it over SSH, as its head says."""
    words = [f"{name}={value}" for name, value in switches.items()]
    done = subprocess.run(
        ["ssh", "-F", str(lab.ssh_config), f"root@{node}", "env", *words, "sh", "-s"],
        input=script.read_text(encoding="utf-8"), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def play(lab: Lab, playbook: Path, **switches: bool) -> str:
    """Run the playbook on all nodes, as its head says."""
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            f"--inventory={lab.inventory}",
            f"--ssh-common-args=-F {lab.ssh_config}",
            f"--extra-vars={json.dumps(switches)}",
            str(playbook),
        ],
        env={**os.environ, "ANSIBLE_HOME": str(playbook.parent / "ansible"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_faulty_nodes_are_mended(tmp_path: Path) -> None:
    nodes = {"by-hand": "ubuntu-22.04", "by-hand-2": "rhel-8.6", "by-play": "ubuntu-22.04", "by-play-2": "rhel-8.6"}
    roles = (("control_plane", "installer"), ("control_plane",), ("control_plane",), ("worker",))
    specs = [
        NodeSpec(name, system, of_node, faults=(*HARMLESS[system], *BEHIND_SWITCHES[system]))
        for (name, system), of_node in zip(nodes.items(), roles, strict=True)
    ]
    with started(specs, "remedies") as lab:
        before = run_of(lab, tmp_path / "before")
        remedies = before.folder / "remedies"
        assert {path.name for path in remedies.iterdir()} == {*(f"{name}.sh" for name in nodes), "playbook.yml"}
        many = failed_on(before)

        said = {name: mend(lab, name, remedies / f"{name}.sh") for name in nodes if name.startswith("by-hand")}
        assert all("is not yes" in text for text in said.values())
        between = failed_on(run_of(lab, tmp_path / "between"))
        assert between < many
        # What is behind a switch is as it was, and nothing else of a mended node is left.
        left = {requirement for node, requirement in between if node in said}
        assert left == {requirement_of(fault) for system in BEHIND_SWITCHES for fault in BEHIND_SWITCHES[system]}

        allowed = {f"ALLOW_{switch.upper()}": "yes" for switch in SWITCHES}
        for name in said:
            mend(lab, name, remedies / f"{name}.sh", **allowed)
        play(lab, remedies / "playbook.yml", **{f"allow_{switch}": True for switch in SWITCHES})
        after = run_of(lab, tmp_path / "after")
        assert failed_on(after) == set(), after.output
        assert after.status == 0, after.output

        again = {name: mend(lab, name, remedies / f"{name}.sh", **allowed) for name in said}
        assert run_of(lab, tmp_path / "again").status == 0
        assert all("FAILED" not in text for text in again.values())


def requirement_of(fault: str) -> Any:
    from lab.faults import FAULTS  # noqa: PLC0415 - after the path is set

    return FAULTS[fault].requirement
