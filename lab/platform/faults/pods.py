"""Pods that are sick, each brought about by a real kubelet, and workloads that are not complete without a sick Pod."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from lab.platform.api import Reference
from lab.platform.faults.appreleases import MARKUP
from lab.platform.faults.fault import Fault, forbidden
from lab.platform.faults.names import CNI, DNS, ETCD, ETCD_ADVISED, FOREIGN_WORKLOADS, PODS, RESTARTS, ROLLED_OUT
from lab.platform.faults.steps import Add
from lab.platform.plane import run_on
from lab.platform.readiness import has_condition, in_phase
from lab.platform.site import SYSTEM
from lab.platform.workloads import cron_run, job, pod_spec, workload
from lab.seeding import Do

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lab.platform.api import Object
    from lab.platform.faults.steps import Step
    from lab.platform.platform import Platform

SICK = "sick"
_STUCK_SECONDS = 65.0
_STUCK = "lab.example.com/stuck"
_SLEEP = "exec sleep 86400"
# It keeps count in a volume, which outlives its containers.
_RESTARTS = "echo >>/count/runs; [ $(wc -l </count/runs) -gt 4 ] || exit 1; exec sleep 86400"
_RESTARTED = 4
_VOLUME = "volumes/kubernetes.io~empty-dir/space"
# kubelet counts volumes once a minute, and looks at what it counted every ten seconds.
_EVICTION_SECONDS = 240.0


def _containers(item: Object) -> list[Object]:
    status = item.get("status", {})
    return cast("list[Object]", [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])])


def _waiting(*reasons: str) -> Callable[[Object], bool]:
    """Ask for a container that waits, and why."""
    return lambda item: any(
        container.get("state", {}).get("waiting", {}).get("reason") in reasons for container in _containers(item)
    )


def _failed(reason: str) -> Callable[[Object], bool]:
    """Ask for a Pod that has failed, and why: its own reason, or a container's."""

    def has_failed(item: Object) -> bool:
        ends = [container.get("state", {}).get("terminated", {}).get("reason") for container in _containers(item)]
        return in_phase("Failed")(item) and reason in [item["status"].get("reason"), *ends]

    return has_failed


def _unready(item: Object) -> bool:
    return in_phase("Running")(item) and has_condition("Ready", "False")(item)


def _is_running_again(item: Object) -> bool:
    return has_condition("Ready")(item) and any(state["restartCount"] >= _RESTARTED for state in _containers(item))


def sick_pod(platform: Platform, script: str = _SLEEP, name: str = SICK, **spec: Any) -> Object:  # noqa: ANN401 - as the API has it
    """Give a Pod of the platform's namespace that nothing controls.

    Faults of different requirements call theirs differently, so that they can be seeded at once.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": SYSTEM, "labels": {"service_name": name}},
        "spec": pod_spec(platform.site.image, script, **spec),
    }


def _pod(until: Callable[[Object], bool], script: str = _SLEEP, **spec: Any) -> tuple[Step, ...]:  # noqa: ANN401 - as the API has it
    return (Add(lambda platform: [sick_pod(platform, script, **spec)], until, "is sick"),)


def _container(until: Callable[[Object], bool], script: str = _SLEEP, **more: Any) -> tuple[Step, ...]:  # noqa: ANN401 - as the API has it
    """Add a Pod whose container has something more."""

    def objects(platform: Platform) -> list[Object]:
        item = sick_pod(platform, script)
        item["spec"]["containers"][0].update(more)
        return [item]

    return (Add(objects, until, "is sick"),)


def _with_init(platform: Platform) -> list[Object]:
    item = sick_pod(platform)
    item["spec"]["initContainers"] = [{**item["spec"]["containers"][0], "name": "init", "command": ["false"]}]
    return [item]


def _crash_with_markup(platform: Platform) -> list[Object]:
    item = sick_pod(platform, f"printf '%s\\n' '{MARKUP}' | tee /dev/termination-log; exit 1")
    return [item]


def _evict(platform: Platform) -> None:
    """Have kubelet evict a Pod whose volume is larger than it may be.

    What a container writes there kubelet does not count in the lab: the volume is in an overlay, whose files seem to be
    on another device than its folders. So the volume is made a file system of its own, and filled.
    """
    item = sick_pod(platform, restartPolicy="Never")
    item["spec"]["volumes"] = [{"name": "space", "emptyDir": {"sizeLimit": "1Mi"}}]
    item["spec"]["containers"][0]["volumeMounts"] = [{"name": "space", "mountPath": "/space"}]
    platform.api.apply(item)
    platform.api.until(_SICK, has_condition("Ready"), "is ready")
    found = platform.api.get(_SICK)
    assert found is not None
    place = f"/var/lib/kubelet/pods/{found['metadata']['uid']}/{_VOLUME}"
    fill = f"mount -t tmpfs -o size=16m tmpfs {place}\nhead -c 8000000 /dev/zero >{place}/file"
    run_on(platform.node_named(found["spec"]["nodeName"]), fill)
    platform.api.until(_SICK, _failed("Evicted"), "is evicted", _EVICTION_SECONDS)


def _remove_evicted(platform: Platform) -> None:
    for node in platform.site.nodes:
        give_back = f"for place in /var/lib/kubelet/pods/*/{_VOLUME}; do umount -l $place 2>/dev/null || :; done"
        run_on(platform.node_named(node.name), give_back)
    _remove_sick(platform)


def _restarting(platform: Platform) -> list[Object]:
    item = sick_pod(platform, _RESTARTS, "restarting")
    item["spec"]["volumes"] = [{"name": "count", "emptyDir": {}}]
    item["spec"]["containers"][0]["volumeMounts"] = [{"name": "count", "mountPath": "/count"}]
    return [item]


_SICK = Reference("v1", "Pod", SICK, SYSTEM)


def _leave_terminating(platform: Platform) -> None:
    item = sick_pod(platform)
    item["metadata"]["finalizers"] = [_STUCK]
    platform.api.apply(item)
    platform.api.until(_SICK, has_condition("Ready"), "is ready")
    platform.api.call("DELETE", _SICK.path)
    platform.api.until(_SICK, lambda pod: "deletionTimestamp" in pod["metadata"], "is being deleted")
    # It is stuck when it is still there a minute after its time.
    time.sleep(_STUCK_SECONDS)


def _remove_sick(platform: Platform) -> None:
    platform.api.delete(_SICK)


def _incomplete(kind: str, **spec: object) -> tuple[Step, ...]:
    """Add a workload whose controller cannot make its Pods, so that there is no Pod that could be sick."""

    def objects(platform: Platform) -> list[Object]:
        pod = pod_spec(platform.site.image, serviceAccountName="there-is-none")
        return [workload(kind, SYSTEM, SICK, {"service_name": SICK}, pod, **spec)]

    def is_observed(item: Object) -> bool:
        return bool(item.get("status", {}).get("observedGeneration") == item["metadata"]["generation"])

    return (Add(objects, is_observed, "is observed"),)


def _too_slow(platform: Platform) -> list[Object]:
    # Its deadline ends its Pods, too.
    return [job(SYSTEM, SICK, pod_spec(platform.site.image, _SLEEP), activeDeadlineSeconds=1)]


def _failed_run(platform: Platform) -> list[Object]:
    owner = platform.api.get(Reference("batch/v1", "CronJob", "cleanup", SYSTEM))
    assert owner is not None
    return [cron_run(platform.site, "cleanup-2", owner, _SLEEP, activeDeadlineSeconds=1)]


def _retried(platform: Platform) -> list[Object]:
    pod = pod_spec(platform.site.image, "[ -e /count/file ] || { touch /count/file; exit 1; }")
    pod["volumes"] = [{"name": "count", "emptyDir": {}}]
    pod["containers"][0]["volumeMounts"] = [{"name": "count", "mountPath": "/count"}]
    pod["restartPolicy"] = "OnFailure"
    return [job(SYSTEM, "retried", pod, backoffLimit=3)]


def _no_pods(name: str, releases: tuple[str, ...], *also: str) -> Fault:
    """Give the fault that Pods may not be listed."""
    needing = (RESTARTS, ETCD, ETCD_ADVISED, DNS, *also)
    return forbidden(name, PODS, "Pods may not be listed", "pods", also=needing, releases=releases)


FAULTS = (
    Fault("pod-crashes", PODS, "CrashLoopBackOff", _pod(_waiting("CrashLoopBackOff"), "echo no database; exit 1")),
    Fault(
        "pod-crashes-with-markup",
        PODS,
        "CrashLoopBackOff; its last words are markup and escape codes",
        (Add(_crash_with_markup, _waiting("CrashLoopBackOff"), "is sick"),),
    ),
    Fault(
        "pod-without-image",
        PODS,
        "ImagePullBackOff",
        _container(_waiting("ImagePullBackOff", "ErrImagePull"), image="registry.invalid/no/such:image"),
    ),
    Fault(
        "pod-never-pulled",
        PODS,
        "ErrImageNeverPull",
        _container(_waiting("ErrImageNeverPull"), image="no/such:image", imagePullPolicy="Never"),
    ),
    Fault(
        "pod-init-fails",
        PODS,
        "an init container crashes",
        (Add(_with_init, _waiting("CrashLoopBackOff"), "is sick"),),
    ),
    Fault(
        "pod-out-of-memory",
        PODS,
        "OOMKilled",
        _container(
            _waiting("CrashLoopBackOff"),
            """exec awk 'BEGIN { text = "x"; while (1) text = text text }'""",
            resources={"limits": {"memory": "32Mi"}},
        ),
    ),
    Fault(
        "pod-unready",
        PODS,
        "Running, and not ready",
        _container(_unready, readinessProbe={"exec": {"command": ["false"]}, "periodSeconds": 1}),
    ),
    Fault("pod-failed", PODS, "Failed", _pod(_failed("Error"), "exit 3", restartPolicy="Never")),
    Fault("pod-evicted", PODS, "Evicted", (Do(_evict, _remove_evicted),), slow=True),
    Fault(
        "pod-pending",
        PODS,
        "Pending: no node fits",
        _pod(has_condition("PodScheduled", "False"), nodeSelector={"lab.example.com/no": "node"}),
    ),
    Fault(
        "pod-configuration-missing",
        PODS,
        "CreateContainerConfigError",
        _container(_waiting("CreateContainerConfigError"), envFrom=[{"configMapRef": {"name": "there-is-none"}}]),
    ),
    Fault(
        "pod-terminating",
        PODS,
        "stuck Terminating: a finalizer",
        (Do(_leave_terminating, _remove_sick),),
    ),
    _no_pods("pods-forbidden", ("4.2", "4.3"), FOREIGN_WORKLOADS),
    # These do not ask for workloads that are not the platform's.
    _no_pods("pods-forbidden-before-4.2", ("4.0", "4.1")),
    Fault(
        "pod-restarts",
        RESTARTS,
        "a container has restarted four times, and runs",
        (Add(_restarting, _is_running_again, "runs again", 300.0),),
        slow=True,
    ),
    Fault("deployment-incomplete", ROLLED_OUT, "a Deployment has no Pod", _incomplete("Deployment", replicas=1)),
    Fault(
        "statefulset-incomplete",
        ROLLED_OUT,
        "a StatefulSet has no Pod",
        _incomplete("StatefulSet", replicas=1, serviceName=SICK),
    ),
    Fault("daemonset-incomplete", ROLLED_OUT, "a DaemonSet has no Pod", _incomplete("DaemonSet")),
    Fault(
        "job-failed",
        ROLLED_OUT,
        "a Job has failed: its deadline",
        (Add(_too_slow, has_condition("Failed"), "has failed"),),
    ),
    Fault(
        "cronjob-run-failed",
        ROLLED_OUT,
        "the newest run of a CronJob has failed",
        (Add(_failed_run, has_condition("Failed"), "has failed"),),
    ),
    forbidden("deployments-forbidden", ROLLED_OUT, "no Deployment may be listed", "deployments"),
    forbidden("statefulsets-forbidden", ROLLED_OUT, "no StatefulSet may be listed", "statefulsets"),
    forbidden("daemonsets-forbidden", ROLLED_OUT, "no DaemonSet may be listed", "daemonsets", also=(CNI,)),
    forbidden("jobs-forbidden", ROLLED_OUT, "no Job may be listed", "jobs"),
    Fault(
        "job-retried",
        "",
        "a Job has failed once, was retried, and is complete",
        (Add(_retried, has_condition("Complete"), "is complete"),),
        slow=True,
    ),
    Fault(
        "pod-completed",
        "",
        "a Pod has done its work",
        (
            Add(
                lambda platform: [sick_pod(platform, "true", "completed", restartPolicy="Never")],
                in_phase("Succeeded"),
                "has succeeded",
            ),
        ),
    ),
)
