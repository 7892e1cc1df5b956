"""Clusters of the lab, in both releases: they run, and nothing of them is left."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from lab import LabError
from lab.control_plane import BUSYBOX, NEWEST, OLDEST, ApiServer, ControlPlane, Image
from lab.networks import folder_of
from planes import runnable
from suite import ROOT

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


OWNER = """
import sys
from lab.control_plane import ControlPlane
with ControlPlane(name="test-owned", say=lambda _line: None) as plane:
    print(plane.lab.directory.name, flush=True)
    sys.stdin.readline()
"""
WHERE = "jsonpath={.items[*].status.podIP}"


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


def test_nodes_share_etcd_behind_one_address_and_pods_reach_those_of_others() -> None:
    wanted = ControlPlane(NEWEST, "test-three", silent, control_plane=3, workers=1, named_by_address=False)
    runnable(wanted)
    with wanted as plane:
        assert plane.vip == plane.lab.vip
        assert f"https://{plane.vip}:6443" in plane.kubeconfig.read_text()
        members = plane.kubectl("get", "pods", "-n", "kube-system", "-l", "component=etcd", "-o", "name").split()
        assert members == [f"pod/etcd-cp-{number}" for number in (1, 2, 3)]
        plane.apply([on_node(POD, "worker-1")])
        plane.kubectl("wait", "--for=condition=Ready", "pod/talks", "--timeout=120s")
        servers = plane.kubectl("get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns", "-o", WHERE).split()
        for server in servers:
            plane.kubectl("exec", "talks", "--", "nslookup", "kubernetes.default.svc.cluster.local", server)
        stopped = plane.nodes["cp-1"].run("/usr/lib/lab/service stop kubelet && pkill -9 kube-apiserver")
        assert stopped.returncode == 0
        plane.access.wait(plane.access.missing_server, 60)
        made_of = footprint(plane)
    assert soon_left(made_of) == set()


def test_nothing_is_left_when_the_owner_is_killed() -> None:
    runnable(ControlPlane(NEWEST, "test-owned", silent))
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    said = owner.stdout.readline().split()
    assert said, "the cluster did not start"
    made_of = footprint_of(int(said[0]))
    assert {kind.partition(" ")[0] for kind in made_of} == {"process", "group", "interface", "folder"}
    owner.kill()
    owner.communicate()
    assert soon_left(made_of) == set()


def test_the_command_starts_a_cluster_that_stays_until_down() -> None:
    runnable(ControlPlane(OLDEST, "test-stays", silent))
    name = f"test-stays-{os.getpid()}"
    try:
        started = lab_command("cluster", "--version", OLDEST, "--name", name)
        assert started.returncode == 0, started.stderr
        kubeconfig = re.search(r"export KUBECONFIG=(\S+)", started.stdout)
        assert kubeconfig
        made_of = footprint_of(int(Path(kubeconfig[1]).parent.name))
        assert kubeconfig[0] in lab_command("list").stdout
        again = lab_command("cluster", "--version", OLDEST, "--name", name)
        assert (again.returncode, f"lab {name} runs already" in again.stderr) == (1, True)
    finally:
        ended = lab_command("down", "--name", name)
    assert ended.returncode == 0, ended.stderr
    assert soon_left(made_of) == set()


def lab_command(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)


def test_an_error_while_it_starts_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ApiServer(NEWEST, "test-fails", silent)
    runnable(wanted)
    monkeypatch.setattr("lab.control_plane.api_server.etcd_command", lambda *_: ["false"])
    monkeypatch.setattr("lab.control_plane.api_server._READY_SECONDS", 2)
    with pytest.raises(LabError, match="not ready after 2 s"):
        wanted.start()
    assert not wanted.lab.nodes
    assert not wanted.lab.directory.exists()


def on_node(pod: dict[str, Any], name: str) -> dict[str, Any]:
    """Give a Pod for a node of its own choice."""
    return {**pod, "spec": {**pod["spec"], "nodeName": name}}


def footprint(plane: ControlPlane) -> set[str]:
    """Give what a running cluster is made of."""
    return footprint_of(int(plane.lab.directory.name))


def footprint_of(number: int) -> set[str]:
    """Give what the cluster in a network is made of: control groups, the processes in them, interface and folder."""
    place, name = Path("/sys/fs/cgroup"), f"acp-lab-{number}"
    groups = [*place.glob(name), *place.glob(f"*/{name}")]
    return {
        *(f"process {process}" for group in groups for process in processes_in(group)),
        *(f"group {group}" for group in groups),
        f"interface /sys/class/net/acplab{number}",
        f"folder {folder_of(number)}",
    }


def processes_in(group: Path) -> list[str]:
    """Give the processes in a control group and below it; a container may end, with its group, at this moment."""
    found = []
    for folder, _, _ in os.walk(group):
        with suppress(OSError):
            found += Path(folder, "cgroup.procs").read_text(encoding="ascii").split()
    return found


def is_there(part: str) -> bool:
    kind, _, name = part.partition(" ")
    return Path(f"/proc/{name}" if kind == "process" else name).exists()


def soon_left(made_of: set[str]) -> set[str]:
    """Give what is left, as soon as that is nothing or after twenty seconds."""
    patience = time.monotonic() + 20
    while (left := {part for part in made_of if is_there(part)}) and time.monotonic() < patience:
        time.sleep(0.05)
    return left
