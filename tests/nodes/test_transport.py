"""Reaching real nodes by OpenSSH: users, rights, keys, passwords, shells, jump hosts, and nodes that misbehave."""

from __future__ import annotations

import ipaddress
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from lab import FLAVOURS, NodeSpec
from labs import started
from suite import ROOT, SuiteRun, judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Lab

REACHABLE = "preflight.users.node-reachable"
RIGHTS = "preflight.users.root-rights"
SUPPORTED = [name for name, flavour in FLAVOURS.items() if flavour.supported]
PLAIN = ("--acp-release=4.2", "--acp-role=control_plane", "--acp-topology=multi_cluster")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    specs = [
        NodeSpec("good"),
        NodeSpec("other", "rhel-8.6"),
        NodeSpec("dash"),
        NodeSpec("bash", shell_program="bash"),
        NodeSpec("busybox", shell_program="busybox"),
        NodeSpec("no-sudo", faults=("no-sudo",)),
        NodeSpec("dead", faults=("node-dead",)),
        NodeSpec("midway", faults=("dies-midway",)),
        *(NodeSpec(f"flavour-{name}", name) for name in SUPPORTED),
    ]
    with started(specs, "transport") as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, lab: Lab) -> Any:
    number = iter(range(100))

    def judge(hosts: str, *more: str, **options: Any) -> SuiteRun:
        return judged(
            tmp_path / f"reports-{next(number)}",
            f"--hosts={hosts}",
            f"--ssh-config={lab.ssh_config}",
            *PLAIN,
            *more,
            **options,
        )

    return judge


def access(run: SuiteRun, name: str) -> dict[str, Any]:
    found = facts(run, name)["access"]["value"]
    assert ipaddress.ip_address(found.pop("arrived_at"))
    return found


def facts(run: SuiteRun, name: str) -> dict[str, Any]:
    (file,) = (
        path
        for path in (run.folder / "snapshot" / "targets").iterdir()
        if path.name.partition("-")[2] == f"{name}.json"
    )
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["facts"]
    return found


def broken_names(run: SuiteRun) -> set[str]:
    return {name.rpartition(".")[2] for name, _ in run.with_outcome("broken")}


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_the_probe_runs_in_every_shell(run: Any, shell: str) -> None:
    found = run(shell)
    assert found.with_outcome("failed", "broken") == set(), found.output
    assert found.status == 0


@pytest.mark.parametrize(
    ("user", "rights"), [("root", "root"), ("acp", "sudo"), ("acp-csh", "sudo"), ("acp-printing", "sudo")]
)
def test_users_with_rights_measure_everything(run: Any, user: str, rights: str) -> None:
    found = run(f"{user}@good")
    assert access(found, "good").items() >= {"user": user, "rights": rights, "detail": ""}.items()
    assert found.with_outcome("failed", "broken") == set(), found.output


@pytest.mark.parametrize(("user", "node", "why"), [
    ("acp-nosudo", "good", "password"), ("acp-password", "good", "password"), ("acp", "no-sudo", "sudo is not installed"),
])  # fmt: skip
def test_without_rights_what_needs_them_is_broken_with_the_reason(run: Any, user: str, node: str, why: str) -> None:
    found = run(f"{user}@{node}")
    assert access(found, node)["rights"] == "none"
    assert why in access(found, node)["detail"]
    assert (REACHABLE, node) in found.with_outcome("passed")
    assert ("preflight.kernel.swap", node) in found.with_outcome("passed")
    assert found.with_outcome("failed") == {(RIGHTS, node)}, found.output
    assert ("preflight.kernel.firewall-off", node) in found.with_outcome("broken")
    assert "the probe ran without root rights" in found.output


def test_a_sudo_password_from_the_environment_gives_rights_and_is_nowhere_else(run: Any, lab: Lab) -> None:
    found = run("acp-password@good", environment={"ACP_SUDO_PASSWORD": lab.password})
    assert access(found, "good")["rights"] == "sudo-password"
    assert found.with_outcome("failed", "broken") == {(RIGHTS, "good")}, found.output
    assert_nowhere(lab.password, found)
    assert lab.nodes["good"].run("ls -A /run/sudo/ts 2>/dev/null").stdout.strip() == ""


def test_a_wrong_sudo_password_is_refused(run: Any) -> None:
    found = run("acp-password@good", environment={"ACP_SUDO_PASSWORD": "not-the-one"})
    assert access(found, "good")["rights"] == "none"
    assert_nowhere("not-the-one", found)


def test_a_sudo_password_that_is_not_needed_is_not_run_as_a_command(run: Any) -> None:
    found = run("acp@good", environment={"ACP_SUDO_PASSWORD": "touch /tmp/owned"})
    assert access(found, "good")["rights"] == "sudo"
    assert found.with_outcome("broken") == set()


def test_an_ssh_password_from_the_environment_lets_in_and_is_nowhere_else(run: Any, lab: Lab) -> None:
    found = run("acp-sshpass@good", environment={"ACP_SSH_PASSWORD": lab.password})
    assert access(found, "good")["user"] == "acp-sshpass"
    assert found.with_outcome("failed", "broken") == set(), found.output
    assert_nowhere(lab.password, found)


def test_a_wrong_ssh_password_is_tried_once(run: Any, lab: Lab) -> None:
    before = lab.nodes["good"].run("grep -c 'Failed password' /var/log/sshd.log").stdout.strip()
    found = run("acp-sshpass@good", environment={"ACP_SSH_PASSWORD": "not-the-one"})
    after = lab.nodes["good"].run("grep -c 'Failed password' /var/log/sshd.log").stdout.strip()
    assert (REACHABLE, "good") in found.with_outcome("failed")
    assert "does not let the user in" in found.output
    assert int(after) - int(before or 0) == 1
    assert_nowhere("not-the-one", found)


def test_passwords_can_be_asked_for_on_the_terminal(lab: Lab, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hosts=acp-password@good"),
        *(f"--ssh-config={lab.ssh_config}", f"--acp-reports={tmp_path / 'reports'}", "--acp-ask-sudo-password", *PLAIN),
    ]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(command[0], command)  # noqa: S606 - a terminal of its own, without a shell
    output = b""
    with suppress(OSError):  # the terminal is gone when the program ends
        while data := os.read(terminal, 65536):
            output += data
            if b"sudo password for the nodes: " in output and b"collected" not in output:
                os.write(terminal, f"{lab.password}\n".encode())
                output = output.replace(b"sudo password for the nodes: ", b"asked ")
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    # With a password only, root-rights is not met; everything is measured all the same.
    assert os.waitstatus_to_exitcode(status) == 1
    assert b"found: sudo-password" in output, output.decode("utf-8", "replace")
    assert b"could not be measured" not in output
    assert lab.password.encode() not in output


def assert_nowhere(secret: str, run: SuiteRun) -> None:
    assert secret not in run.output
    for path in run.reports.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_login_that_is_no_shell_is_said(run: Any) -> None:
    found = run("acp-nologin@good")
    assert found.with_outcome("failed") == {(REACHABLE, "good")}
    assert "starts no shell" in found.output
    assert "not available" in found.output


def test_a_dead_node_costs_no_other(run: Any) -> None:
    found = run("good,dead,other")
    assert found.with_outcome("failed") == {(REACHABLE, "dead")}
    assert {target for _, target in found.with_outcome("broken")} == {"dead"}
    assert found.status == 1


def test_a_node_that_dies_in_the_middle_costs_no_other(run: Any) -> None:
    found = run("good,midway,other", "--acp-deadline=12")
    assert found.with_outcome("failed") == {(REACHABLE, "midway")}
    assert "did not finish in time" in found.output
    assert {target for _, target in found.with_outcome("broken")} == {"midway"}


def test_a_host_key_that_is_not_known_is_refused_until_it_is_accepted_knowingly(run: Any, tmp_path: Path) -> None:
    options = f"--ssh-extra-args=-o UserKnownHostsFile={tmp_path / 'known_hosts'}"
    refused = run("good", options)
    assert refused.with_outcome("failed") == {(REACHABLE, "good")}, refused.output
    assert "is not known here" in refused.output
    assert (REACHABLE, "good") in run("good", options, "--acp-accept-new-host-keys").with_outcome("passed")
    assert (REACHABLE, "good") in run("good", options).with_outcome("passed")


def test_a_host_key_that_changed_is_always_refused(run: Any, lab: Lab, tmp_path: Path) -> None:
    known = (lab.directory / "known_hosts").read_text().splitlines()
    (others,) = (line for line in known if line.startswith(f"{lab.nodes['other'].address} "))
    (tmp_path / "known_hosts").write_text(others.replace(lab.nodes["other"].address, lab.nodes["good"].address) + "\n")
    options = f"--ssh-extra-args=-o UserKnownHostsFile={tmp_path / 'known_hosts'}"
    for more in ((), ("--acp-accept-new-host-keys",)):
        refused = run("good", options, *more)
        assert refused.with_outcome("failed") == {(REACHABLE, "good")}, refused.output
        assert "is not the known one" in refused.output


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ("root@127.0.0.1:1", "refuses SSH connections"),
        ("nowhere.invalid", "cannot be resolved"),
    ],
)
def test_addresses_that_lead_nowhere_are_said(run: Any, hosts: str, said: str) -> None:
    found = run(hosts)
    assert {requirement for requirement, _ in found.with_outcome("failed")} == {REACHABLE}
    assert said in found.output


def test_a_key_that_is_refused_is_said(run: Any) -> None:
    found = run("acp-sshpass@good")
    assert found.with_outcome("failed") == {(REACHABLE, "good")}
    assert "does not let the user in" in found.output
    assert "ssh-copy-id" in found.output


def test_a_runner_whose_ssh_cannot_be_used_is_broken_and_not_the_nodes_fault(run: Any, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("NoSuchOption yes\n")
    found = run("good", f"--ssh-config={tmp_path / 'config'}")
    assert found.with_outcome("failed") == set()
    assert (REACHABLE, "good") in found.with_outcome("broken")
    assert "SSH client" in found.output


def test_jump_hosts_work_and_are_not_overrun(lab: Lab, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host jump\n  HostName {lab.nodes['other'].address}\nHost far-*\n  HostName {lab.nodes['good'].address}\n  ProxyJump jump\n"
        f"Host *\n  User root\n  IdentityFile {lab.identity_file}\n  IdentitiesOnly yes\n  UserKnownHostsFile {lab.directory}/known_hosts\n"
    )
    hosts = ",".join(f"far-{number}" for number in range(12))
    found = judged(tmp_path / "reports", f"--hosts={hosts}", f"--ssh-config={config}", "--acp-forks-per-jump=3", *PLAIN)
    reached = {target for requirement, target in found.with_outcome("passed") if requirement == REACHABLE}
    assert len(reached) == 12, found.output
    said = lab.nodes["good"].run(
        "grep -c 'Accepted publickey for root from {}' /var/log/sshd.log".format(lab.nodes["other"].address)
    )
    assert int(said.stdout.strip() or 0) >= 12


def test_a_key_in_an_agent_works(lab: Lab, tmp_path: Path) -> None:
    agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    variables = dict(part.split("=", 1) for part in agent.replace(";", "\n").split("\n") if part.startswith("SSH_"))
    try:
        subprocess.run(["ssh-add", "-q", lab.identity_file], env={**os.environ, **variables}, check=True)
        config = tmp_path / "config"
        config.write_text(
            f"Host good\n  HostName {lab.nodes['good'].address}\n  User root\n  UserKnownHostsFile {lab.directory}/known_hosts\n"
        )
        found = judged(tmp_path / "reports", "--hosts=good", f"--ssh-config={config}", *PLAIN, environment=variables)
        assert found.with_outcome("failed", "broken") == set(), found.output
    finally:
        os.kill(int(variables["SSH_AGENT_PID"]), signal.SIGTERM)


def test_other_backends_of_testinfra_work_as_far_as_they_can(lab: Lab, tmp_path: Path) -> None:
    pytest.importorskip("paramiko")
    host = f"paramiko://good?ssh_config={lab.ssh_config}"
    found = judged(tmp_path / "reports", f"--hosts={host}", *PLAIN)
    assert found.with_outcome("failed") == set(), found.output
    assert found.with_outcome("broken") == set(), found.output
    assert len(found.with_outcome("passed")) > 12


def test_own_checks_use_the_nodes_over_a_shared_connection_that_is_ended(lab: Lab, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "ours").mkdir(parents=True)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, project / name)
    shutil.copytree(ROOT / "tests_preflight", project / "tests_preflight", ignore=shutil.ignore_patterns("__pycache__"))
    (project / "ours" / "test_ours.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(5))\n"
        "def test_runs(host, n):\n    assert host.run('id -u').stdout.strip() == '0'\n"
        "def test_file(host):\n    assert host.file('/etc/hostname').content_string.strip() in ('good', 'other')\n"
    )
    before = lab.nodes["good"].run("grep -c 'Accepted publickey' /var/log/sshd.log").stdout.strip()
    found = judged(
        tmp_path / "reports",
        "ours",
        "--hosts=acp@good,other,dead",
        f"--ssh-config={lab.ssh_config}",
        *PLAIN,
        cwd=project,
    )
    after = lab.nodes["good"].run("grep -c 'Accepted publickey' /var/log/sshd.log").stdout.strip()
    own = [item for item in found.results["verdicts"] if item["own"]]
    assert {(item["target"], item["outcome"]) for item in own} == {
        ("good", "passed"),
        ("other", "passed"),
        ("dead", "broken"),
    }, found.output
    assert int(after) - int(before) == 2, "one connection for the probe, one for all own checks"
    assert (
        "ControlPath"
        not in subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    )


def until_nodes_are_collected(ssh_config: str) -> None:
    """Wait until connections are under way; the dead node takes ten seconds to give up, a good one less than two."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        listing = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
        if any(line.startswith("ssh -T") and ssh_config in line for line in listing.splitlines()):
            time.sleep(2)
            return
        time.sleep(0.05)
    pytest.fail("no node was seen to be collected")


def test_ctrl_c_while_collecting_leaves_no_ssh_and_writes_what_was_measured(lab: Lab, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--hosts=good,dead", f"--ssh-config={lab.ssh_config}", f"--acp-reports={reports}", *PLAIN],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    until_nodes_are_collected(str(lab.ssh_config))
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 2, output
    listing = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(lab.ssh_config) not in listing
    (folder,) = reports.glob("*/preflight-*")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["run"]["interrupted"] is True
    (good,) = [path for path in (folder / "snapshot" / "targets").iterdir() if path.name.endswith("-good.json")]
    assert json.loads(good.read_text())["facts"]["contact"]["value"]["outcome"] == "answered"
    (dead,) = [path for path in (folder / "snapshot" / "targets").iterdir() if path.name.endswith("-dead.json")]
    assert json.loads(dead.read_text())["facts"]["swap"]["problem"]["kind"] == "interrupted"


FINGERPRINT = (
    "cd /; find / -xdev -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -path /run -prune "
    "-o -path /var/log -prune -o -type f -printf '%p %s %m %T@\\n' | sort; cat /proc/mounts; ls /sys/module; "
    "sysctl -a 2>/dev/null | grep -v -E 'random|stat|nr_|dentry|inode|file-|ns_last_pid|sched|memory_pressure'; ls -la /tmp /run; "
    "nft list ruleset; ip -o address; ip route; cat /etc/lab/systemd/units; systemctl list-units; cat /proc/swaps; date +%Z"
)


def test_a_run_changes_nothing_on_nodes_of_any_flavour(run: Any, lab: Lab) -> None:
    nodes = ["good", "other", "busybox", *(f"flavour-{name}" for name in SUPPORTED)]
    before = {node: lab.nodes[node].run(FINGERPRINT).stdout for node in nodes}
    found = run(",".join(nodes))
    assert {target for requirement, target in found.with_outcome("passed") if requirement == REACHABLE} == set(nodes)
    for node in nodes:
        assert before[node].count("\n") > 500
        assert lab.nodes[node].run(FINGERPRINT).stdout == before[node]


def test_the_command_lines_on_the_node_hold_nothing_but_the_receiver(run: Any, lab: Lab) -> None:
    lab.nodes["good"].run(
        "(for i in $(seq 3000); do [ ! -e /var/log/seen ] || exit; ps ax -o args >>/var/log/ps.log; sleep 0.02; done) "
        ">/dev/null 2>&1 &"
    )
    run("acp-password@good", environment={"ACP_SUDO_PASSWORD": lab.password})
    seen = lab.nodes["good"].run("touch /var/log/seen; cat /var/log/ps.log").stdout
    assert "say hello" in seen
    assert lab.password not in seen
    assert "section_os" not in seen
