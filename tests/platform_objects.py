"""Raw objects of a healthy platform as its API lists them, written by hand, and the facts that are read of them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.resources import LISTINGS, read
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.api_server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Raw = dict[str, Any]

READY = (True,)
SINCE = "2026-11-20T08:00:00Z"
HOSTILE = "<script>alert(1)</script> \x1b[31mred\x1b[0m \u202egnp.exe password=hunter2 | a | b"
"""What a cluster may say in a message."""

DEPLOYMENTS, STATEFUL_SETS = "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets"
DAEMON_SETS, JOBS, CRON_JOBS = "/apis/apps/v1/daemonsets", "/apis/batch/v1/jobs", "/apis/batch/v1/cronjobs"
NODES, PODS = "/api/v1/nodes", "/api/v1/pods"
APP_RELEASES = "/apis/operator.alauda.io/v1alpha1/appreleases"
PRODUCT_BASES = "/apis/product.alauda.io/v1alpha1/productbases"
NEWER_PRODUCT_BASES = "/apis/product.alauda.io/v1alpha2/productbases"
CLUSTER_MODULES = "/apis/cluster.alauda.io/v1alpha1/clustermodules"
MODULE_INFOS = "/apis/cluster.alauda.io/v1alpha1/moduleinfoes"
CLUSTERS, MACHINES = "/apis/platform.tkestack.io/v1/clusters", "/apis/platform.tkestack.io/v1/machines"
VERSION_SHADOWS = "/apis/config.alauda.io/v1/clusterversionshadows"
CLAIMS, STORAGE_CLASSES = "/api/v1/persistentvolumeclaims", "/apis/storage.k8s.io/v1/storageclasses"
API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
SIGNING_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
SLICES = "/apis/discovery.k8s.io/v1/endpointslices"


def named(name: str, namespace: str = "", **more: Any) -> Raw:
    """Give an object of a name."""
    place = {"namespace": namespace} if namespace else {}
    return {"metadata": {"name": name, **place, "generation": 1, "creationTimestamp": SINCE}, **more}


def says(kind: str, status: str, reason: str = "Because", message: str = "it is so") -> Raw:
    """Give a condition."""
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": SINCE}


def deployment(name: str = "sentry", replicas: int = 1, **status: Any) -> Raw:
    """Give a Deployment."""
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas)
    state = {"observedGeneration": 1, **counts, **status}
    return named(name, "cpaas-system", spec={"replicas": replicas}, status=state)


def daemon_set(name: str = "kube-ovn-cni", nodes: int = 3, **status: Any) -> Raw:
    """Give a DaemonSet."""
    words = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady")
    state = {"observedGeneration": 1, **dict.fromkeys((*words, "numberAvailable"), nodes), **status}
    return named(name, "kube-system", spec={"updateStrategy": {"type": "RollingUpdate"}}, status=state)


def job(name: str, *conditions: Raw, schedule: str = "", created: str = SINCE) -> Raw:
    """Give a Job, of a CronJob where that is named."""
    found = named(name, "cpaas-system", status={"conditions": list(conditions)})
    found["metadata"]["creationTimestamp"] = created
    if schedule:
        found["metadata"]["ownerReferences"] = [{"kind": "CronJob", "name": schedule}]
    return found


def node(name: str, address: str, *, control_plane: bool = True) -> Raw:
    """Give a node."""
    found = named(
        name,
        spec={},
        status={
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "conditions": [
                *(says(kind, "False") for kind in ("MemoryPressure", "DiskPressure", "PIDPressure")),
                says("Ready", "True"),
            ],
            "nodeInfo": {"architecture": "amd64", "kubeletVersion": "v1.33.4"},
        },
    )
    role = {"node-role.kubernetes.io/control-plane": ""} if control_plane else {}
    found["metadata"]["labels"] = {"kubernetes.io/arch": "amd64", **role}
    return found


def module(name: str, version: str = "v4.2.1") -> Raw:
    """Give a ModuleInfo; its own name is a hash."""
    found = named(f"global-{name.encode().hex()}", spec={"version": version, "config": {"password": "hunter2"}})
    found["metadata"]["labels"] = {"cpaas.io/module-name": name, "cpaas.io/cluster-name": "global"}
    return {**found, "status": {"phase": "Running", "version": version}}


def claim(name: str, phase: str = "Bound", **spec: Any) -> Raw:
    """Give a claim."""
    return named(name, "cpaas-system", spec=spec, status={"phase": phase})


def webhook(name: str, service: str) -> Raw:
    """Give a webhook that a Service of the platform's namespace serves."""
    client = {"service": {"namespace": "cpaas-system", "name": service}}
    return named(name, webhooks=[{"name": f"{name}.cpaas.io", "clientConfig": client, "failurePolicy": "Fail"}])


def endpoints(service: str, *ready: Any) -> Raw:
    """Give an EndpointSlice of a Service of the platform's namespace."""
    found = named(f"{service}-x", "cpaas-system")
    found["metadata"]["labels"] = {"kubernetes.io/service-name": service}
    return {**found, "endpoints": [{"addresses": ["10.3.0.9"], "conditions": {"ready": item}} for item in ready]}


def _own() -> dict[str, list[Raw]]:
    release = named("sentry", "cpaas-system", status={"observedGeneration": 1, "version": "v4.2.1"})
    release["status"]["conditions"] = [says(kind, "True") for kind in ("Validate", "Sync", "Health")]
    base = {"deployStatus": "Completed", "runningStatus": "Healthy"}
    component = {"sentry": {"synced": True, "ready": True, "failed": False}}
    return {
        APP_RELEASES: [release],
        PRODUCT_BASES: [named("base", status={"phase": "Running", "version": "v4.2.1", "base": base})],
        CLUSTER_MODULES: [named("global", status={"base": base, "appReleases": component})],
        MODULE_INFOS: [module("base"), module("product-docs")],
        CLUSTERS: [named("global", status={"phase": "Running"})],
        MACHINES: [named("mc-1", spec={"password": "hunter2"}, status={"phase": "Running"})],
        VERSION_SHADOWS: [
            named(
                "global",
                "cpaas-system",
                status={
                    "observedGeneration": 1,
                    "conditions": [
                        *(says(kind, "True") for kind in ("PreflightReady", "Ready")),
                        *(says(kind, "False") for kind in ("Reconciling", "Stalled")),
                    ],
                },
            )
        ],
    }


def healthy_objects() -> dict[str, list[Raw]]:
    """Give all objects of a healthy platform of three nodes (cp-1 to cp-3 at 192.0.2.1 and following), by path."""
    container = {"name": "main", "ready": True, "restartCount": 0, "state": {"running": {}}}
    pod = named("sentry-0", "cpaas-system", spec={"containers": [{"name": "main"}]})
    default = named("local", provisioner="x")
    default["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        **_own(),
        PODS: [{**pod, "status": {"phase": "Running", "containerStatuses": [container]}}],
        DEPLOYMENTS: [deployment()],
        STATEFUL_SETS: [deployment("warehouse", 3)],
        DAEMON_SETS: [daemon_set(), daemon_set("kube-proxy")],
        JOBS: [job("migration", says("Complete", "True")), job("tidy-1", says("Complete", "True"), schedule="tidy")],
        CRON_JOBS: [named("tidy", "cpaas-system", status={"lastScheduleTime": SINCE, "lastSuccessfulTime": SINCE})],
        NODES: [node(f"cp-{number}", f"192.0.2.{number}") for number in (1, 2, 3)],
        CLAIMS: [claim("data", storageClassName="local")],
        STORAGE_CLASSES: [default],
        API_SERVICES: [named("v1.apps", spec={}, status={"conditions": [says("Available", "True")]})],
        SIGNING_REQUESTS: [named("csr-1", status={"conditions": [says("Approved", "True")]})],
        VALIDATING: [webhook("cluster-transformer", "cluster-transformer")],
        MUTATING: [],
        SLICES: [endpoints("cluster-transformer", *READY)],
    }


class RecordedApi:
    """Lists recorded objects; what is an error there is raised, and what is not there is not known."""

    def __init__(self, objects: dict[str, Any]) -> None:
        self._objects = objects

    def items(self, path: str, *, skim: Callable[[bytes], bool] | None = None) -> Iterator[Raw]:
        """List one collection."""
        found = self._objects.get(path, ApiError("absent", f"the server knows no {path}"))
        if isinstance(found, ApiError):
            raise found
        for item in found:
            if isinstance(item, ApiError):
                raise item
            if skim is None or not skim(json.dumps(item).encode()):
                yield copy.deepcopy(item)


def facts_of(objects: dict[str, Any], name: str = "global", server: str = "192.0.2.10") -> PlatformFacts:
    """Read the facts of a cluster that holds these objects."""
    api: Any = RecordedApi(objects)
    said = ApiServer(f"https://{server}:6443", "a recording", "v1.33.4", platform=True, nodes=3)
    return PlatformFacts(name, {"api_server": said, **{item.fact: read(api, item) for item in LISTINGS}})


def read_platform(**collections: Any) -> PlatformFacts:
    """Read the facts of a healthy platform in which collections, by path, are replaced."""
    return facts_of({**healthy_objects(), **collections})
