"""The platform's workloads: real Pods under the names that the platform's have, with a sleeping shell inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.platform.site import PLANTED_SECRETS, SYSTEM

if TYPE_CHECKING:
    from lab.platform.api import Object
    from lab.platform.site import Site

_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_SLEEP = "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"

CNI = {"kube-ovn": ("kube-ovn-cni", "cni-server"), "calico": ("calico-node", "calico-node")}
"""CNI to its DaemonSet, as upstream names it, and that one's container."""

DEPLOYMENTS = {
    (SYSTEM, "sentry"): {"service_name": "sentry"},
    (SYSTEM, "cluster-transformer"): {"service_name": "cluster-transformer"},
    (SYSTEM, "dex"): {"service_name": "dex"},
    (SYSTEM, "global-alb2"): {"service_name": "alb2-global-alb2"},
}
"""Deployments and the labels of each one's Pods."""


def pod_spec(image: str, script: str = _SLEEP, name: str = "main", **more: object) -> Object:
    """Give the specification of a Pod with one container that runs a script."""
    container = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/sh", "-c", script],
    }
    return {
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"key": _CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [container],
        **more,
    }


def workload(kind: str, namespace: str, name: str, labels: dict[str, str], pod: Object, **spec: object) -> Object:
    """Give a Deployment, StatefulSet or DaemonSet."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


def job(namespace: str, name: str, pod: Object, **spec: object) -> Object:
    """Give a Job."""
    template = {"metadata": {"labels": {"job": name}}, "spec": {"restartPolicy": "Never", **pod}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template, **spec},
    }


def _deployments(site: Site) -> list[Object]:
    items = []
    for (namespace, name), labels in DEPLOYMENTS.items():
        pod = pod_spec(site.image, name=name)
        pod["containers"][0]["env"] = [{"name": "DATABASE_PASSWORD", "value": PLANTED_SECRETS[2]}]
        items.append(workload("Deployment", namespace, name, labels, pod, replicas=1))
    return items


def _cni(site: Site) -> Object:
    name, container = CNI[site.cni]
    pod = pod_spec(site.image, name=container, hostNetwork=True)
    pod["tolerations"] = [
        {"key": _CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"},
        {"key": "CriticalAddonsOnly", "operator": "Exists"},
    ]
    label = {"kube-ovn": {"app": "kube-ovn-cni"}, "calico": {"k8s-app": "calico-node"}}[site.cni]
    return workload("DaemonSet", "kube-system", name, label, pod)


def _stateful_set(site: Site) -> Object:
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "warehouse"}}
    pod = pod_spec(site.image, name="warehouse", volumes=[claim])
    pod["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    labels = {"service_name": "warehouse"}
    return workload("StatefulSet", SYSTEM, "warehouse", labels, pod, serviceName="warehouse", replicas=1)


def _cron_job(site: Site) -> Object:
    template = {"spec": {"template": {"spec": {"restartPolicy": "Never", **pod_spec(site.image, "true")}}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "cleanup", "namespace": SYSTEM},
        # Suspended: its runs are made by hand, so that nothing happens by itself.
        "spec": {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": template},
    }


def workloads(site: Site) -> list[Object]:
    """Give all workloads of a healthy platform."""
    migration = job(SYSTEM, "migration", pod_spec(site.image, "true"), backoffLimit=2)
    return [*_deployments(site), _cni(site), _stateful_set(site), migration, _cron_job(site)]


def cron_run(site: Site, name: str, owner: Object, script: str = "true", **spec: object) -> Object:
    """Give a run of a CronJob, as its controller makes it.

    Args:
        site: the cluster.
        name: of the run.
        owner: the CronJob as the API holds it.
        script: what the run does.
        spec: more of the Job's specification.
    """
    run = job(SYSTEM, name, pod_spec(site.image, script), **spec)
    link = {"apiVersion": "batch/v1", "kind": "CronJob", "controller": True}
    identity = {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
    run["metadata"]["ownerReferences"] = [{**link, **identity}]
    return run
