"""What is measured: the suite, kubectl with the guide's pipeline, Popeye where it builds, and the floor."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from acp_acceptance.collect.platform.resources import LISTINGS
from benchmarks.measure import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.postinstall.filling import Size

ROOT = Path(__file__).parents[2]
POPEYE = "github.com/derailed/popeye@v0.22.1"


class Cluster:
    """The cluster that is measured, and where tools put their files.

    Attributes:
        size: of it.
        kubeconfig: with files of its certificates beside it, which a plain HTTP client needs.
        folder: for what tools write.
    """

    def __init__(self, size: Size, kubeconfig: Path, kubectl: str, folder: Path) -> None:
        self.size = size
        self.kubectl = kubectl
        self.folder = folder
        self.kubeconfig = _with_files(kubeconfig, folder)


def _with_files(kubeconfig: Path, folder: Path) -> Path:
    document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    for entry in (document["clusters"][0]["cluster"], document["users"][0]["user"]):
        for key in [key for key in entry if key.endswith("-data")]:
            file = folder / key
            file.touch(mode=0o600)
            file.write_bytes(base64.b64decode(entry.pop(key)))
            entry[key.removesuffix("-data")] = str(file)
    written = folder / "kubeconfig"
    written.touch(mode=0o600)
    written.write_text(yaml.safe_dump(document), encoding="utf-8")
    return written


def raw_list(cluster: Cluster) -> Job:
    """List the Pods and everything else that the suite lists, and look at nothing."""
    paths = [path for listing in LISTINGS for path in listing.paths if "alauda" not in path and "tkestack" not in path]
    argv = [sys.executable, "-m", "benchmarks.postinstall.raw_list", str(cluster.kubeconfig), *paths]

    def problem(said: str, status: int) -> str:
        return "" if status == 0 else said[-300:]

    return Job(argv, problem, cwd=ROOT)


def suite(cluster: Cluster) -> Job:
    """Run the stage as a user does, up to the written record; Allure, pytest-xdist and the sign-off report are off."""
    reports = cluster.folder / "reports"
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    argv += ["--acp-allure=never", "--acp-report=none"]
    argv += ["--acp-stage=postinstall", "--acp-release=4.3", "--acp-topology=multi_cluster"]
    argv += [f"--acp-kubeconfig={cluster.kubeconfig}", f"--acp-reports={reports}"]
    notes: dict[str, int] = {}

    def problem(said: str, status: int) -> str:
        found = sorted(reports.glob("*/*/results.json"))
        if not found:
            return f"no results, exit status {status}: {said[-300:]}"
        verdicts = json.loads(found[-1].read_text(encoding="utf-8"))["verdicts"]
        shutil.rmtree(reports)
        notes["verdicts"] = len(verdicts)
        pods = Counter(item["outcome"] for item in verdicts if item["requirement"] == "postinstall.pods.healthy")
        wanted = {"passed": cluster.size.namespaces}
        return "" if pods == wanted else f"namespaces of Pods: {dict(pods)} instead of {wanted}: {said[-300:]}"

    return Job(argv, problem, _environment(), ROOT, notes=notes)


def documented_command(cluster: Cluster) -> Job:
    """Run the installation guide's own pipeline, which looks at Pods only."""
    awk = """{if ($4 != "Running" && $4 != "Completed") print}"""
    script = f"'{cluster.kubectl}' --kubeconfig='{cluster.kubeconfig}' get pod --all-namespaces | awk '{awk}'"

    def problem(said: str, status: int) -> str:
        # The header row is all that it prints.
        return "" if status == 0 and len(said.splitlines()) == 1 else f"exit status {status}: {said[-300:]}"

    return Job(["sh", "-c", script], problem)


def popeye(cluster: Cluster) -> Job:
    """Run Popeye's sanitizers of Pods and nodes; where it cannot be built, that is its problem in the table."""
    try:
        program = _popeye()
    except subprocess.CalledProcessError as error:
        reason = f"it could not be built: {error.stderr.strip().rpartition(chr(10))[2].strip()}"
        return Job(["true"], lambda _said, _status: reason)
    argv = [program, "--kubeconfig", str(cluster.kubeconfig), "-A", "-s", "po,no", "-o", "json", "--force-exit-zero"]

    def problem(said: str, status: int) -> str:
        return "" if status == 0 and '"popeye"' in said else f"exit status {status}: {said[-300:]}"

    return Job(argv, problem, _environment())


def _popeye() -> str:
    """Build Popeye, once."""
    folder = Path.home() / ".cache" / "acp-acceptance" / "popeye"
    program = folder / "popeye"
    if not program.exists():
        environment = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
        subprocess.run(["nice", "go", "install", POPEYE], env=environment, check=True, capture_output=True, text=True)
    return str(program)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("ACP_", "PYTEST_", "PYTHON"))}


TOOLS: dict[str, tuple[str, Callable[[Cluster], Job]]] = {
    "raw-list": ("floor: the same collections with a plain HTTP client, not looked at", raw_list),
    "suite": ("this suite, from its start to written results", suite),
    "kubectl": ("the guide's kubectl and awk: Pods only", documented_command),
    "popeye": ("Popeye on Pods and nodes", popeye),
}
