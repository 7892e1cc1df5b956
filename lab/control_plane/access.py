"""Reaching a cluster's API from this machine: kubeconfig, kubectl, Python's client, and waiting for what is wanted."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

import requests

from lab.programs import ENVIRONMENT, LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from kubernetes.client import ApiClient

    from lab.control_plane.keys import Keys

KUBECONFIG = "admin.conf"
"""Name of the administrator's kubeconfig in a lab's folder."""
_LOOK_SECONDS = 0.2
_REQUEST_SECONDS = 10.0
_PRIVATE = 0o600
_MANAGER = "lab"
"""Not kubectl's own: what belongs to the cluster was not written by a person."""


class Access:
    """An administrator's access to one API server.

    Attributes:
        server: its address.
        kubeconfig: the administrator's.
        pki: folder with ``ca.crt`` and ``ca.key`` of the cluster's authority, by which more users can be made.
    """

    def __init__(self, folder: Path, keys: Keys, server: str, kubectl: Path) -> None:
        self.server = server
        self.kubeconfig = folder / KUBECONFIG
        self.pki = folder / "pki"
        self._program = kubectl
        self._cache = folder / "kubectl-cache"
        self.pki.mkdir(mode=0o700)
        keys.authority.write(self.pki, "ca")
        admin = keys.authority.sign("kubernetes-admin", ("system:masters",))
        for name, text in (("admin.crt", admin.certificate), ("admin.key", admin.key)):
            write_private(self.pki / name, text)
        write_private(self.kubeconfig, keys.admin())

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 120) -> str:
        """Run kubectl as the administrator, and give what it prints.

        Raises:
            LabError: it failed, or took too long; says how.
        """
        argv = [str(self._program), f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self._cache}", *arguments]
        try:
            done = subprocess.run(
                argv,
                input=given,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                env=ENVIRONMENT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LabError(f"kubectl {' '.join(arguments)} took more than {seconds:.0f} s") from None
        if done.returncode:
            raise LabError(f"kubectl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def client(self) -> ApiClient:
        """Give a client of the kubernetes package."""
        from kubernetes import config  # noqa: PLC0415 - takes a second, which the lab's command shall not

        made: ApiClient = config.new_client_from_config(str(self.kubeconfig))  # type: ignore[no-untyped-call] # so it is
        return made

    def apply(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Create objects, or make them what is said.

        Raises:
            LabError: the API server refuses one; says why.
        """
        document = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={_MANAGER}",
            "-f",
            "-",
            given=json.dumps(document),
        )

    def get(self, path: str) -> Any:  # noqa: ANN401 - what JSON holds
        """Read a path of the API.

        Raises:
            OSError: there was no answer, or not the one wanted.
        """
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(self.pki / "ca.crt")
            session.cert = (str(self.pki / "admin.crt"), str(self.pki / "admin.key"))
            answer = session.get(f"{self.server}{path}", timeout=_REQUEST_SECONDS)
            answer.raise_for_status()
            return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text

    def wait(self, wanted: Callable[[], str], seconds: float) -> None:
        """Wait until nothing is missing.

        Args:
            wanted: says what is missing; empty when all is there. It may raise OSError while the server starts.
            seconds: how long.

        Raises:
            LabError: something is still missing; says what.
        """
        patience = time.monotonic() + seconds
        while True:
            try:
                missing = wanted()
            except OSError as error:
                missing = str(error)
            if not missing:
                return
            if time.monotonic() > patience:
                raise LabError(f"not ready after {seconds:.0f} s: {missing}")
            time.sleep(_LOOK_SECONDS)

    def missing_server(self) -> str:
        """Say what keeps the API server from being ready; empty where nothing does."""
        return "" if self.get("/readyz") == "ok" else "the API server is not ready"

    def missing_nodes(self, names: Iterable[str]) -> str:
        """Say which nodes are not Ready; empty where all are."""
        nodes = {node["metadata"]["name"]: node for node in self.get("/api/v1/nodes")["items"]}
        sick = [name for name in names if not is_true(nodes.get(name, {}), "Ready")]
        return f"nodes {', '.join(sick)}" if sick else ""

    def missing_pods(self, namespace: str, expected: int) -> str:
        """Say which Pods of a namespace are not Ready, or that there are fewer than expected; empty where all are."""
        pods = self.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        sick = [pod["metadata"]["name"] for pod in pods if not is_true(pod, "Ready")]
        if len(pods) < expected:
            sick.append(f"{expected - len(pods)} that are not there yet")
        return f"Pods {', '.join(sick)} in {namespace}" if sick else ""


def is_true(item: Mapping[str, Any], condition: str) -> bool:
    """Tell whether an object has a condition that is true."""
    conditions = item.get("status", {}).get("conditions", [])
    return any(found["type"] == condition and found["status"] == "True" for found in conditions)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, also while it is written."""
    path.touch(_PRIVATE)
    path.write_text(text, encoding="utf-8")
