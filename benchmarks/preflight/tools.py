"""What is measured: the suite, its peers and the floors, each as a user would start it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from benchmarks.measure import Job
from benchmarks.preflight.floors import probe_ssh, probes_ssh, ssh_true

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.preflight.site import Site

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
CHECKS = 50
"""Checks for each node in every peer."""

_UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Tool:
    """Something that is measured.

    Attributes:
        name: on the command line and in results.
        about: what it is, for the table.
        prepare: makes a job for a site, with a folder for its own files.
        most_nodes: above that it is estimated from its largest measured size, unless all is to be measured.
        packages: file that names the packages of its virtual environment; empty for the suite's own.
        direct: runs without the relay only.
    """

    name: str
    about: str
    prepare: Callable[[Site, Path], Job]
    most_nodes: int = _UNLIMITED
    packages: str = ""
    direct: bool = False


PACKAGES = "requirements.txt"
PACKAGES_OF_KUBEMARINE = "requirements-kubemarine.txt"
_FOLDERS = {PACKAGES: ".venv-benchmark", PACKAGES_OF_KUBEMARINE: ".venv-benchmark-kubemarine"}


def peers_python(packages: str = PACKAGES) -> Path:
    """Give the Python of the virtual environment with the packages that a file names."""
    return ROOT / _FOLDERS[packages] / "bin" / "python"


def _program(name: str) -> str:
    return str(peers_python().parent / name)


def _environment(**more: str) -> dict[str, str]:
    """Give the runner's environment without anything that steers the tools."""
    steering = ("ACP_", "PYTEST_", "PYTHON", "ANSIBLE_", "SSH_ASKPASS")
    return {key: value for key, value in os.environ.items() if not key.startswith(steering)} | more


# --- the suite ------------------------------------------------------------------------------------------------------


def suite(site: Site, folder: Path) -> Job:
    """Run the suite as a user does, up to the written record; Allure, pytest-xdist and the sign-off report are off."""
    return _suite(site, folder, f"--acp-inventory={site.suite_inventory}")


def suite_judging(site: Site, folder: Path) -> Job:
    """Judge a recorded run again: what pytest and the record cost without any node."""
    job = suite(site, folder)
    recorded = folder.parent / f"recorded-{len(site.names)}"
    if not recorded.exists():
        said = subprocess.run(
            job.argv, cwd=job.cwd, env=dict(job.environment), capture_output=True, check=False, text=True
        )
        runs = [path.parent for path in (folder / "reports").glob("*/*/results.json")]
        if not runs:
            # The job that reads what is not there fails by itself, and its problem names this folder.
            recorded.mkdir()
            (recorded / "said.txt").write_text(said.stdout + said.stderr, encoding="utf-8")
        for run in runs[:1]:
            run.rename(recorded)
    return _suite(site, folder, f"--acp-snapshot={recorded}")


def _suite(site: Site, folder: Path, *arguments: str) -> Job:
    reports = folder / "reports"
    notes: dict[str, int] = {}
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    # No peer writes a PDF; what it costs is measured in benchmarks/reports.
    argv += ["--acp-allure=never", "--acp-report=none"]
    return Job(
        [*argv, f"--acp-reports={reports}", *arguments],
        lambda said, status: _suite_problem(site, reports, notes, said, status),
        _environment(),
        ROOT,
        notes=notes,
    )


def _suite_problem(site: Site, reports: Path, notes: dict[str, int], said: str, status: int) -> str:
    """Tell what keeps a run of the suite from counting: a verdict that did not come about, or is not what is true."""
    found = sorted(reports.glob("*/*/results.json"))
    if not found:
        return f"no results, exit status {status}: {said[-300:]}"
    verdicts = json.loads(found[-1].read_text(encoding="utf-8"))["verdicts"]
    shutil.rmtree(found[-1].parent)
    outcomes = Counter(verdict["outcome"] for verdict in verdicts)
    judged = {verdict["target"] for verdict in verdicts if verdict["kind"] == "node"}
    notes["verdicts"] = len(verdicts)
    if set(outcomes) - {"passed", "not_applicable"} or len(judged) < len(site.names):
        others = [item for item in verdicts if item["outcome"] not in {"passed", "not_applicable"}]
        return f"exit status {status}, {len(judged)} nodes, {dict(outcomes)}, such as {others[:1]}"
    return ""


def pytest_alone(site: Site, folder: Path) -> Job:
    """Run as many tests that only say ``assert True``: what pytest itself costs."""
    test = folder / "test_nothing.py"
    test.write_text(
        "import pytest\n\n\n"
        f"@pytest.mark.parametrize('node', {site.names!r})\n"
        f"@pytest.mark.parametrize('check', range({CHECKS}))\n"
        "def test_nothing(node, check):\n    assert True\n",
        encoding="utf-8",
    )
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:acp_acceptance.plugin",
    ]
    return Job(
        [*argv, "-q", "--rootdir", str(folder), str(test)],
        _passed(site),
        _environment(),
        folder,
        notes={"verdicts": CHECKS * len(site.names)},
    )


# --- peers ----------------------------------------------------------------------------------------------------------


def _passed(site: Site) -> Callable[[str, int], str]:
    def problem(said: str, status: int) -> str:
        passed = re.search(r"(\d+) passed", said)
        wanted = CHECKS * len(site.names)
        if status == 0 and passed and int(passed[1]) == wanted:
            return ""
        return f"exit status {status}, {passed[1] if passed else 0} of {wanted} passed: {said[-300:]}"

    return problem


def _testinfra(site: Site, workers: int, config: Path) -> Job:
    argv = [str(peers_python()), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers)]
    argv += [f"--hosts={','.join(f'ssh://{name}' for name in site.names)}", f"--ssh-config={config}"]
    checks = PEERS / "testinfra"
    return Job(
        [*argv, "--rootdir", str(checks), str(checks)], _passed(site), _environment(), checks, lambda: _end_shared(site)
    )


def _end_shared(site: Site) -> None:
    """End connections that a tool keeps open for its next run: each run here is a first one."""
    for socket in site.folder.glob("shared-*"):
        subprocess.run(["ssh", "-O", "exit", "-S", str(socket), "x"], capture_output=True, check=False)


def testinfra(site: Site, folder: Path) -> Job:  # noqa: ARG001 - each tool is given both
    """Plain Testinfra in one process."""
    return _testinfra(site, 0, site.ssh_config)


def testinfra_8(site: Site, folder: Path) -> Job:  # noqa: ARG001 - likewise
    """Plain Testinfra with eight workers."""
    return _testinfra(site, 8, site.ssh_config)


def testinfra_shared(site: Site, folder: Path) -> Job:  # noqa: ARG001 - likewise
    """Plain Testinfra with shared connections."""
    return _testinfra(site, 0, site.ssh_config_shared)


def testinfra_8_shared(site: Site, folder: Path) -> Job:  # noqa: ARG001 - likewise
    """Plain Testinfra with eight workers and shared connections."""
    return _testinfra(site, 8, site.ssh_config_shared)


def ansible(site: Site, folder: Path) -> Job:
    """An Ansible playbook with one assertion a check, so that each has a verdict as the suite's do."""
    return _ansible(site, folder, "playbook.yml")


def ansible_short(site: Site, folder: Path) -> Job:
    """The same with all assertions in one task: faster, and it says no more than the first that fails."""
    return _ansible(site, folder, "playbook-short.yml")


def _ansible(site: Site, folder: Path, playbook: str) -> Job:
    environment = _environment(
        ANSIBLE_CONFIG=str(PEERS / "ansible" / "ansible.cfg"),
        ANSIBLE_SSH_CONTROL_PATH=f"{site.folder}/shared-%%C",
        ANSIBLE_LOCAL_TEMP=str(folder / "ansible"),
        ANSIBLE_HOME=str(folder / "ansible-home"),
        LC_ALL="C.UTF-8",
        PATH=f"{peers_python().parent}:{os.environ['PATH']}",
    )

    def problem(said: str, status: int) -> str:
        good = re.findall(r"ok=(\d+) .*unreachable=0 +failed=0", said)
        return "" if status == 0 and len(good) == len(site.names) else f"exit status {status}: {said[-500:]}"

    argv = [_program("ansible-playbook"), "-i", str(site.ansible_inventory), str(PEERS / "ansible" / playbook)]
    return Job(argv, problem, environment, PEERS / "ansible", lambda: _end_shared(site))


def pyinfra(site: Site, folder: Path) -> Job:
    """Run a pyinfra deploy that reads facts and states what must hold."""
    deploy = folder / "deploy.py"
    shutil.copy(PEERS / "pyinfra" / "deploy.py", deploy)

    def problem(said: str, status: int) -> str:
        good = len(re.findall(rf"checks={CHECKS} failed=0", said))
        return "" if status == 0 and good == len(site.names) else f"exit status {status}, {good} nodes: {said[-500:]}"

    argv = [_program("pyinfra"), "-y", str(site.pyinfra_inventory), str(deploy)]
    return Job(argv, problem, _environment(), folder)


# What asks the internet for packages, and a check that wants a line of /proc/meminfo that lab nodes do not have.
_NOT_IN_A_LAB = "software.thirdparties,software.packages,hardware.ram"


def kubemarine(site: Site, folder: Path) -> Job:
    """Kubemarine's own check of machines before an installation, as far as it goes on lab nodes."""
    nodes = [
        {
            "name": node.name,
            "address": node.address,
            "internal_address": node.address,
            "roles": ["control-plane", "worker"],
        }
        for node in site.nodes
    ]
    cluster = {
        "node_defaults": {"keyfile": str(site.nodes[0].key), "username": "root"},
        "nodes": nodes,
        "cluster_name": "benchmark.example",
    }
    (folder / "cluster.yaml").write_text(yaml.safe_dump(cluster), encoding="utf-8")

    def problem(said: str, _status: int) -> str:
        # Its exit status also counts warnings, such as that there are fewer than eight nodes.
        good = re.search(r"(\d+) SUCCEEDED", said)
        return "" if good and not re.search(r"FAILED|EXCEPTED", said) else said[-500:]

    argv = [str(peers_python(PACKAGES_OF_KUBEMARINE)), "-m", "kubemarine", "check_iaas", "-c", "cluster.yaml"]
    argv += ["--exclude", _NOT_IN_A_LAB, "--disable-dump", "--disable-csv-report", "--disable-html-report"]
    return Job(argv, problem, _environment(), folder)


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("ssh-true", "floor: ssh NODE true, all at once", ssh_true),
        Tool("probe-ssh", "second floor: the suite's probe in plain ssh, all at once", probe_ssh),
        Tool("probes-ssh", "the same with both round trips of the suite", probes_ssh),
        Tool("suite", "this suite, from its start to written results", suite),
        Tool("suite-judging", "this suite on a recorded snapshot: no node", suite_judging, direct=True),
        Tool("pytest-alone", f"{CHECKS} empty tests a node: pytest itself, no node", pytest_alone, direct=True),
        Tool("testinfra", "pytest-testinfra, ssh backend", testinfra, 10, PACKAGES),
        Tool("testinfra-n8", "pytest-testinfra, -n 8", testinfra_8, 10, PACKAGES),
        Tool("testinfra-shared", "pytest-testinfra, shared connections", testinfra_shared, 50, PACKAGES),
        Tool("testinfra-n8-shared", "pytest-testinfra, -n 8, shared connections", testinfra_8_shared, 50, PACKAGES),
        Tool("ansible", "ansible-core, one assert task a check", ansible, 50, PACKAGES),
        Tool("ansible-short", "ansible-core, all asserts in one task", ansible_short, 50, PACKAGES),
        Tool("pyinfra", "pyinfra facts", pyinfra, packages=PACKAGES),
        Tool(
            "kubemarine",
            "Kubemarine's check_iaas: other checks, see the README",
            kubemarine,
            10,
            PACKAGES_OF_KUBEMARINE,
            direct=True,
        ),
    )
}
