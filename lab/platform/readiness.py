"""When a platform is healthy: what the cluster itself says of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.platform.api import Reference
from lab.platform.site import SYSTEM
from lab.platform.workloads import CNI, DEPLOYMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.platform.api import Api, Object
    from lab.platform.site import Site

_PATIENCE = 300.0


def _status(item: Mapping[str, Any]) -> Mapping[str, Any]:
    status: Mapping[str, Any] = item.get("status") or {}
    return status


def has_condition(kind: str, status: str = "True") -> Callable[[Object], bool]:
    """Ask for a condition of an object."""

    def has(item: Object) -> bool:
        conditions = _status(item).get("conditions") or []
        return any(state["type"] == kind and state["status"] == status for state in conditions)

    return has


def in_phase(phase: str) -> Callable[[Object], bool]:
    """Ask for the phase of an object."""
    return lambda item: _status(item).get("phase") == phase


def is_complete(item: Object) -> bool:
    """Say whether a Deployment, StatefulSet or DaemonSet has all its Pods, ready and of the newest template."""
    status = _status(item)
    if status.get("observedGeneration", 0) < item["metadata"]["generation"]:
        return False
    if item["kind"] == "DaemonSet":
        wanted, ready, newest = (
            status.get(key, 0) for key in ("desiredNumberScheduled", "numberAvailable", "updatedNumberScheduled")
        )
        return bool(wanted) and wanted == ready == newest
    wanted = item["spec"]["replicas"]
    return all(status.get(key, 0) == wanted for key in ("replicas", "availableReplicas", "updatedReplicas"))


def await_healthy(api: Api, site: Site, patience: float = _PATIENCE) -> None:
    """Wait until all of the platform runs.

    Raises:
        LabError: something does not in time.
    """
    for namespace, name in DEPLOYMENTS:
        api.until(Reference("apps/v1", "Deployment", name, namespace), is_complete, "is complete", patience)
    for kind, name, namespace in (
        ("DaemonSet", CNI[site.cni][0], "kube-system"),
        ("StatefulSet", "warehouse", SYSTEM),
    ):
        api.until(Reference("apps/v1", kind, name, namespace), is_complete, "is complete", patience)
    for run in ("migration", "cleanup-1"):
        api.until(Reference("batch/v1", "Job", run, SYSTEM), has_condition("Complete"), "is complete", patience)
    warehouse = Reference("v1", "PersistentVolumeClaim", "warehouse", SYSTEM)
    api.until(warehouse, in_phase("Bound"), "is bound", patience)
    for service in ("cluster-transformer", "sentry"):
        api.wait(lambda name=service: has_endpoints(api, name), f"service {service} has endpoints", patience)  # type: ignore[misc]


def has_endpoints(api: Api, service: str) -> bool:
    """Say whether a Service of the platform's namespace has an endpoint that is ready."""
    slices = api.items(Reference("discovery.k8s.io/v1", "EndpointSlice", "", SYSTEM).collection)
    return any(
        endpoint.get("conditions", {}).get("ready")
        for item in slices
        if item["metadata"].get("labels", {}).get("kubernetes.io/service-name") == service
        for endpoint in item.get("endpoints") or []
    )
