"""Clusters of the lab, in both releases: they run, and nothing of them is left."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lab import LabError
from lab.control_plane import BUSYBOX, NEWEST, OLDEST, ApiServer, ControlPlane, Image
from lab.networks import folders
from planes import runnable

if TYPE_CHECKING:
    from collections.abc import Iterator

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "talks", "namespace": "default"},
    "spec": {
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {
                "name": "main",
                "image": BUSYBOX,
                "imagePullPolicy": "Never",
                "command": ["sh", "-c", "echo hello from $HOSTNAME; exec sleep 3600"],
            }
        ],
    },
}


def silent(_line: str) -> None:
    """Say nothing of what is built."""


@pytest.fixture(scope="module", params=[OLDEST, NEWEST])
def plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """Give a cluster of one node, in which a Pod runs."""
    wanted = ControlPlane(request.param, f"test-{request.param}", silent)
    runnable(wanted)
    with wanted:
        wanted.apply([POD])
        wanted.kubectl("wait", "--for=condition=Ready", "pod/talks", "--timeout=120s")
        yield wanted


def test_kubectl_and_the_server_agree_on_the_release(plane: ControlPlane) -> None:
    said = json.loads(plane.kubectl("version", "-o", "json"))
    assert said["serverVersion"]["gitVersion"] == said["clientVersion"]["gitVersion"] == f"v{plane.release.kubernetes}"


def test_the_node_is_called_by_its_address_and_runs_the_same_release(plane: ControlPlane) -> None:
    (node,) = json.loads(plane.kubectl("get", "nodes", "-o", "json"))["items"]
    assert node["metadata"]["name"] == plane.nodes["cp-1"].address
    assert node["status"]["nodeInfo"]["kubeletVersion"] == f"v{plane.release.kubernetes}"


def test_the_control_plane_runs_as_static_pods(plane: ControlPlane) -> None:
    names = plane.kubectl("get", "pods", "-n", "kube-system", "-o", "name").split()
    address = plane.nodes["cp-1"].address
    for program in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        assert f"pod/{program}-{address}" in names


def test_a_pod_has_logs_and_runs_commands(plane: ControlPlane) -> None:
    assert plane.kubectl("logs", "talks") == "hello from talks\n"
    assert plane.kubectl("exec", "talks", "--", "cat", "/etc/hostname") == "talks\n"


def test_a_pod_resolves_names_of_the_cluster_and_the_platform(plane: ControlPlane) -> None:
    said = plane.kubectl("exec", "talks", "--", "nslookup", "kubernetes.default.svc.cluster.local")
    assert re.search(r"Address(?: 1)?: 10\.4\.0\.1\b", said)
    said = plane.kubectl("exec", "talks", "--", "nslookup", "acp.lab.example")
    assert re.search(rf"Address(?: 1)?: {re.escape(plane.vip)}\b", said)


def test_etcdctl_runs_in_etcds_pod_with_the_certificates_of_the_node(plane: ControlPlane) -> None:
    said = plane.kubectl(
        *("exec", "-n", "kube-system", f"etcd-{plane.nodes['cp-1'].address}", "--", "etcdctl"),
        *("--endpoints=https://127.0.0.1:2379", "--cacert=/etc/kubernetes/pki/etcd/ca.crt"),
        *("--cert=/etc/kubernetes/pki/etcd/server.crt", "--key=/etc/kubernetes/pki/etcd/server.key"),
        *("endpoint", "status", "--write-out=json"),
    )
    (status,) = json.loads(said)
    assert status["Status"]["version"] == plane.release.etcd
    assert plane.nodes["cp-1"].run("ls /etc/kubernetes/pki/etcd/server.key /etc/kubernetes/admin.conf").returncode == 0


def test_an_unknown_user_is_refused(plane: ControlPlane) -> None:
    answer = requests.get(f"{plane.server}/api/v1/nodes", verify=str(plane.ca[0]), timeout=10)
    assert answer.status_code == requests.codes.forbidden
    assert "system:anonymous" in answer.json()["message"]


def test_an_image_of_own_files_runs(plane: ControlPlane) -> None:
    plane.add_image(Image("lab/page:1", {"srv/page": "a page\n"}, busybox=True))
    command = ["run", "page", "--image=lab/page:1", "--image-pull-policy=Never", "--restart=Never"]
    plane.kubectl(*command, "--", "cat", "/srv/page")
    plane.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/page", "--timeout=60s")
    assert plane.kubectl("logs", "page") == "a page\n"


def test_an_api_server_alone_holds_objects(request: pytest.FixtureRequest) -> None:
    alone = ApiServer(NEWEST, f"alone-{request.node.name}", silent)
    runnable(alone)
    with alone:
        alone.apply([POD])
        assert json.loads(alone.kubectl("get", "pods", "-A", "-o", "json"))["items"][0]["metadata"]["name"] == "talks"


def test_three_nodes_share_etcd_behind_one_address() -> None:
    wanted = ControlPlane(NEWEST, "test-three", silent, control_plane=3, named_by_address=False)
    runnable(wanted)
    with wanted as plane:
        assert plane.vip == plane.lab.vip
        assert f"https://{plane.vip}:6443" in plane.kubeconfig.read_text()
        names = plane.kubectl("get", "pods", "-n", "kube-system", "-l", "component=etcd", "-o", "name").split()
        assert names == [f"pod/etcd-cp-{number}" for number in (1, 2, 3)]
        plane.nodes["cp-1"].run("pkill -9 kube-apiserver; /usr/lib/lab/service stop kubelet")
        plane.access.wait(plane.access.missing_server, 60)


def test_nothing_is_left_of_a_cluster() -> None:
    wanted = ControlPlane(NEWEST, "test-ends", silent)
    runnable(wanted)
    with wanted as plane:
        group = plane.nodes["cp-1"].control_group.partition("/")[0]
        number = int(plane.lab.directory.name)
        interface, made = plane.lab.interface, containers_of(plane)
        assert made
        assert groups(group)
    assert groups(group) == []
    assert number not in folders()
    assert not Path(f"/sys/class/net/{interface}").exists()
    assert "/acp-lab/" not in Path("/proc/self/mounts").read_text()
    assert soon_gone(made) == set()


def test_an_error_while_it_starts_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ApiServer(NEWEST, "test-fails", silent)
    runnable(wanted)
    monkeypatch.setattr("lab.control_plane.api_server.etcd_command", lambda *_: ["false"])
    monkeypatch.setattr("lab.control_plane.api_server._READY_SECONDS", 2)
    with pytest.raises(LabError, match="not ready after 2 s"):
        wanted.start()
    assert not wanted.lab.nodes
    assert not wanted.lab.directory.exists()


def groups(name: str) -> list[Path]:
    """Give the control groups of a lab, in all hierarchies."""
    place = Path("/sys/fs/cgroup")
    return [*place.glob(name), *place.glob(f"*/{name}")]


def containers_of(plane: ControlPlane) -> set[str]:
    """Give the processes of a cluster's nodes, as this machine numbers them."""
    return {
        process
        for path in groups(plane.nodes["cp-1"].control_group)
        for tasks in path.rglob("cgroup.procs")
        for process in tasks.read_text().split()
    }


def soon_gone(processes: set[str]) -> set[str]:
    """Give those that still run, as soon as there are none or after ten seconds."""
    patience = time.monotonic() + 10
    while (
        left := {number for number in processes if Path(f"/proc/{number}").exists()}
    ) and time.monotonic() < patience:
        time.sleep(0.05)
    return left
