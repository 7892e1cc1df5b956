"""Nodes, and the control plane on them: API servers and etcd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.platform import etcd
from lab.platform.api import Reference, apply_all, reference
from lab.platform.faults.fault import Fault, forbidden
from lab.platform.faults.names import (
    API_SERVER,
    CERTIFICATES,
    CERTIFICATES_ADVISED,
    CNI,
    COUNT,
    DNS,
    ETCD,
    ETCD_ADVISED,
    KUBERNETES,
    LOAD_BALANCER,
    NODES,
    PODS,
    ROLLED_OUT,
)
from lab.platform.faults.steps import Add, Forbid, Patch
from lab.platform.plane import run_on
from lab.platform.reader import everybody, everybody_but
from lab.platform.readiness import has_condition, in_phase, is_complete
from lab.platform.resources import SINCE
from lab.seeding import Do

if TYPE_CHECKING:
    from lab.platform.api import Object
    from lab.platform.faults.steps import Step
    from lab.platform.platform import Platform

_ROLE = "node-role.kubernetes.io/control-plane"
_FOREIGN = "foreign"
_PEERS = 2380
_PROXY = Reference("apps/v1", "DaemonSet", "kube-proxy", "kube-system")
_GHOST = "https://192.0.2.99:2380"
_LARGE_MEBIBYTES = 950
_SERVICE = "/usr/lib/lab/service"
_KEY = "lab/large"
_NO_PODS = (PODS, ROLLED_OUT, CNI)
"""What a node without a machine turns red, too: kube-proxy is to run everywhere."""


def _is_well(item: Object) -> bool:
    return has_condition("Ready")(item) and has_condition("MemoryPressure", "False")(item)


def _await_servers(platform: Platform, status: str) -> None:
    """Wait until kubelet takes the API servers' Pods for ready, or not."""
    for node in platform.site.control_plane:
        pod = Reference("v1", "Pod", f"kube-apiserver-{node.name}", "kube-system")
        platform.api.until(pod, has_condition("Ready", status), f"has Ready {status}")


_READINESS: Do[Platform] = Do(back=lambda platform: _await_servers(platform, "True"))
_NO_READINESS: Do[Platform] = Do(lambda platform: _await_servers(platform, "False"))


def _changed(script: str, back: str, condition: str, status: str) -> tuple[Step, ...]:
    """Change something on the last control plane node that shows as a condition of it, and wait for that."""

    def change(platform: Platform) -> None:
        run_on(platform.node(-1), script)
        platform.api.until(_last(platform), has_condition(condition, status), f"has {condition} {status}")

    def restore(platform: Platform) -> None:
        run_on(platform.node(-1), back)
        platform.api.until(_last(platform), _is_well, "is well")
        _await_pods(platform)

    return (Do(change, restore),)


def _network(platform: Platform, status: str) -> None:
    """Set the condition of the node's network, which its kubelet leaves alone."""
    times = {"lastHeartbeatTime": SINCE, "lastTransitionTime": SINCE}
    state = {"type": "NetworkUnavailable", "status": status, "reason": "Lab", "message": "", **times}
    change = {"status": {"conditions": [state]}}
    # By kind of condition: others stay as they are.
    path = f"{_last(platform).path}/status"
    platform.api.call("PATCH", path, change, "application/strategic-merge-patch+json")


def _await_pods(platform: Platform) -> None:
    """Wait until all Pods are ready or done: a kubelet that was started anew has to look at each first."""

    def are_well() -> bool:
        items = platform.api.items("/api/v1/pods")
        return all(in_phase("Succeeded")(item) or has_condition("Ready")(item) for item in items)

    platform.api.wait(are_well, "all Pods are ready")


def _last(platform: Platform) -> Reference:
    return Reference("v1", "Node", platform.site.control_plane[-1].name)


def _foreign(role: str, version: str = "") -> tuple[Step, ...]:
    """Add a node that has no machine: the object alone, which takes no Pods."""

    def objects(platform: Platform) -> list[Object]:
        taints = [{"key": "lab.example.com/foreign", "effect": "NoSchedule"}]
        own = platform.api.get(_last(platform))
        assert own is not None
        info = {**own["status"]["nodeInfo"], **({"kubeletVersion": version} if version else {})}
        healthy = {"MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", "Ready": "True"}
        times = {"lastHeartbeatTime": SINCE, "lastTransitionTime": SINCE}
        conditions = [
            {"type": kind, "status": status, "reason": "Lab", "message": "", **times}
            for kind, status in healthy.items()
        ]
        return [
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": _FOREIGN,
                    "labels": {role: "", "kubernetes.io/os": "linux", "kubernetes.io/arch": info["architecture"]},
                },
                "spec": {"taints": taints},
                "status": {"conditions": conditions, "nodeInfo": info},
            }
        ]

    # Undone from the last to the first: Pods go when their node is gone.
    return Do(back=_remove_pods), Add(objects)


def _remove_pods(platform: Platform) -> None:
    """Delete what DaemonSets have for the node without a machine."""
    known = {node.name for node in platform.site.nodes}

    def there_is_none() -> bool:
        items = platform.api.items("/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-proxy")
        astray = [item for item in items if item["spec"].get("nodeName") not in known]
        for item in astray:
            platform.api.delete(reference({"apiVersion": "v1", "kind": "Pod", **item}))
        return not astray

    platform.api.wait(there_is_none, f"no Pod is on {_FOREIGN}")
    # Its controller may have made one more before it heard of the node's end.
    platform.api.until(_PROXY, is_complete, "is complete")
    platform.api.wait(there_is_none, f"no Pod is on {_FOREIGN}")


def _activate(platform: Platform) -> None:
    with etcd.etcd_of(platform.node(0)) as member:
        identity = member.ask("maintenance/status")["header"]["member_id"]
        # An alarm of a member itself makes the cluster refuse to be written.
        member.ask("maintenance/alarm", action="ACTIVATE", memberID=identity, alarm="NOSPACE")


def _deactivate(platform: Platform) -> None:
    with etcd.etcd_of(platform.node(0)) as member:
        for alarm in member.ask("maintenance/alarm", action="GET").get("alarms", []):
            member.ask("maintenance/alarm", action="DEACTIVATE", memberID=alarm["memberID"], alarm=alarm["alarm"])


def _add_member(platform: Platform) -> None:
    with etcd.etcd_of(platform.node(0)) as member:
        # A learner has no vote, so that etcd goes on where this member never comes.
        member.ask("cluster/member/add", peerURLs=[_GHOST], isLearner=True)


def _remove_member(platform: Platform) -> None:
    with etcd.etcd_of(platform.node(0)) as member:
        for other in member.members():
            if _GHOST in other.get("peerURLs", []):
                member.ask("cluster/member/remove", ID=other["ID"])


def _fill(platform: Platform) -> None:
    with etcd.etcd_of(platform.node(0)) as member:
        member.fill(_KEY, _LARGE_MEBIBYTES)


def _empty(platform: Platform) -> None:
    for position in range(len(platform.site.control_plane)):
        with etcd.etcd_of(platform.node(position)) as member:
            member.forget(_KEY)


def _without_everybody(right: str) -> tuple[Step, ...]:
    """Take a right on the API server's own paths, which everybody has, from the run's user."""
    items = everybody_but(right)

    def give(platform: Platform) -> None:
        apply_all(platform.api, everybody())
        for item in items[:2]:
            platform.api.delete(reference(item))

    return Do(lambda platform: apply_all(platform.api, items), give), Forbid((right,))


def _cut_off(*ports: int) -> Step:
    """Let nobody but the last control plane node itself reach some of its ports, nor it the others' etcd."""
    rules = [
        "add table inet lab-fault",
        "add chain inet lab-fault arriving { type filter hook input priority -20; }",
        "add chain inet lab-fault leaving { type filter hook output priority -20; }",
        *(f"add rule inet lab-fault arriving iifname eth0 tcp dport {port} reject with tcp reset" for port in ports),
    ]
    if _PEERS in ports:
        rules.append(f"add rule inet lab-fault leaving oifname eth0 tcp dport {_PEERS} reject with tcp reset")

    def cut(platform: Platform) -> None:
        run_on(platform.node(-1), "\n".join(["nft -f - <<'RULES'", *rules, "RULES"]))
        platform.await_port(-1, ports[0], open_=False)

    def join(platform: Platform) -> None:
        run_on(platform.node(-1), "nft delete table inet lab-fault 2>/dev/null || :")
        platform.await_port(-1, ports[0], open_=True)

    return Do(cut, join)


FAULTS = (
    Fault(
        "node-cordoned",
        NODES,
        "a node is cordoned",
        (Patch(_last, {"spec": {"unschedulable": True}}, {"spec": {"unschedulable": None}}),),
    ),
    Fault(
        "node-without-role",
        NODES,
        "a control plane node has no role",
        (
            Patch(
                _last,
                {"metadata": {"labels": {_ROLE: None}}},
                {"metadata": {"labels": {_ROLE: ""}}},
            ),
        ),
        also=(COUNT, ETCD),
    ),
    Fault(
        "node-foreign",
        NODES,
        "a worker that the inventory does not know",
        _foreign("lab.example.com/none"),
        also=_NO_PODS,
    ),
    Fault(
        "node-other-version",
        NODES,
        "a node whose kubelet has another version",
        _foreign("lab.example.com/none", "v1.30.1"),
        also=_NO_PODS,
    ),
    Fault(
        "node-not-ready",
        NODES,
        "a kubelet is stopped",
        _changed(f"{_SERVICE} stop kubelet", f"{_SERVICE} stop kubelet\n{_SERVICE} start kubelet", "Ready", "Unknown"),
        also=(PODS, ROLLED_OUT, CNI, DNS),
        control_plane=3,
        slow=True,
    ),
    Fault(
        "node-network-unavailable",
        NODES,
        "a node says that its network is not there",
        (Do(lambda platform: _network(platform, "True"), lambda platform: _network(platform, "False")),),
    ),
    forbidden(
        "nodes-forbidden",
        NODES,
        "nodes may not be listed",
        "nodes",
        also=(COUNT, CNI, CERTIFICATES, ETCD, ETCD_ADVISED),
    ),
    Fault(
        "control-plane-even",
        COUNT,
        "one control plane node too many",
        _foreign(_ROLE),
        also=(NODES, ETCD, *_NO_PODS),
    ),
    Fault(
        "apiserver-unreachable",
        API_SERVER,
        "the API server of one node is reached from that node only",
        (_cut_off(6443),),
        also=(LOAD_BALANCER, CERTIFICATES, CERTIFICATES_ADVISED),
        control_plane=3,
    ),
    Fault(
        "readyz-forbidden",
        API_SERVER,
        "the readiness of API servers may not be asked for",
        (_READINESS, *_without_everybody("readyz"), _NO_READINESS),
        breaks=True,
        # kubelet asks for it, too, and as nobody.
        also=(PODS,),
    ),
    Fault(
        "version-forbidden",
        KUBERNETES,
        "the version of Kubernetes may not be asked for",
        _without_everybody("version"),
        breaks=True,
    ),
    Fault("etcd-alarm", ETCD, "etcd has an alarm: NOSPACE", (Do(_activate, _deactivate),)),
    Fault("etcd-foreign-member", ETCD, "etcd has a member that never started", (Do(_add_member, _remove_member),)),
    Fault(
        "etcd-unreachable",
        ETCD,
        "one member of etcd and the others do not reach each other; without it that node's API server does not last",
        (_cut_off(2379, _PEERS),),
        also=(API_SERVER,),
        control_plane=3,
        plan="a cluster that is read through the other nodes, within a minute",
    ),
    Fault(
        "etcd-large",
        ETCD_ADVISED,
        "etcd's database is larger than 1 GiB",
        (Do(_fill, _empty),),
        slow=True,
    ),
    forbidden("etcd-exec-forbidden", ETCD, "nothing may be run in etcd's Pods", "exec-in-etcd", also=(ETCD_ADVISED,)),
)
