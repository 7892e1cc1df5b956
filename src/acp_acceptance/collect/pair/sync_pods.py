"""The etcd synchroniser's Pods, logs, leader and settings on one cluster, and what is to be restarted after it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.pair.synchroniser import (
    LeaderLease,
    RestartedPods,
    Synchroniser,
    SyncLog,
    SyncPod,
    SyncSettings,
    read_log,
)
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.pods import observe
from acp_acceptance.model.platform.resources import MODULE_CLUSTER, MODULE_NAME
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from acp_acceptance.collect.pair.subjects import Side
    from acp_acceptance.collect.platform.api import Api

_NAMESPACE = "/api/v1/namespaces/cpaas-system"
_PODS = f"{_NAMESPACE}/pods"
_REPLICA_SETS = "/apis/apps/v1/namespaces/cpaas-system/replicasets"
_LEASE = "/apis/coordination.k8s.io/v1/namespaces/cpaas-system/leases/etcd-sync-mirror"
_MODULES = "/apis/cluster.alauda.io/v1alpha1/moduleinfoes"
_SELECTOR = "app=etcd-sync"
_MODULE, _CLUSTER = "etcd-sync", "global"
_LOG_LIMIT = 16 * 2**20
"""Bytes of a log that are read, from its beginning; a node rotates logs at 10 MiB unless told otherwise."""

_MOST_PODS = 20
_LEASE_LOOK = 0.5
_LONGEST_LEASE = 60
_MOST_SETTINGS = 200
_HARMLESS = re.compile(r"[\d.]+ *(ms|s|m|h|seconds?|minutes?|hours?)?|true|false", re.IGNORECASE)
_SECRET = re.compile(r"token|secret|passw|credential|key|auth", re.IGNORECASE)


def synchroniser(side: Side) -> dict[str, object]:
    """Read the synchroniser's Pods, their logs and the leader's Lease."""
    api = side.api
    lease, problem = None, ""
    try:
        # Before the Pods: one that takes over says so in its log from then on.
        lease = _lease(api)
    except ApiError as error:
        problem = "" if error.kind == "absent" else error.reason
    pods = tuple(_pod(api, found) for found in list(api.items(_PODS, labelSelector=_SELECTOR))[:_MOST_PODS])
    return {"synchroniser": Synchroniser(pods, lease, problem)}


def _pod(api: Api, found: Mapping[str, Any]) -> SyncPod:
    states = raw.items(found, "status", "containerStatuses")
    owner = next((item for item in raw.items(found, "metadata", "ownerReferences")), None)
    return SyncPod(
        observe(found),
        sum(raw.number(state, "restartCount") or 0 for state in states),
        _workload_since(api, raw.text(owner, "kind"), raw.text(owner, "name")),
        _log(api, found, states),
    )


def _workload_since(api: Api, kind: str, name: str) -> datetime | None:
    if kind != "ReplicaSet" or not name:
        return None
    try:
        return raw.time(api.get(f"{_REPLICA_SETS}/{quote(name, safe='')}"), "metadata", "creationTimestamp")
    except ApiError:
        # Only needed where logs do not say it, and its absence is said there.
        return None


def _log(api: Api, found: Mapping[str, Any], states: Any) -> SyncLog:  # noqa: ANN401 - a list of whatever
    named = [raw.text(item, "name") for item in raw.items(found, "spec", "containers")]
    wanted = raw.text(found, "metadata", "annotations", "kubectl.kubernetes.io/default-container")
    container = wanted if wanted in named else next(iter(named), "")
    state = next((item for item in states if raw.text(item, "name") == container), None)
    path = f"{_PODS}/{quote(raw.text(found, 'metadata', 'name'), safe='')}/log"
    try:
        status, text = api.text(
            path, limit=_LOG_LIMIT + 1, container=container, timestamps="true", limitBytes=str(_LOG_LIMIT)
        )
    except ApiError as error:
        return SyncLog(problem=error.reason)
    if status != 200:  # noqa: PLR2004 - HTTP OK
        return SyncLog(problem=f"the API server answers with status {status}")
    since = raw.time(state, "state", "running", "startedAt")
    return read_log(text, since, whole=len(text.encode()) < _LOG_LIMIT)


def _lease(api: Api) -> LeaderLease:
    """Read the Lease, and again until it is renewed, or another could have taken it: no clock but its own is needed."""
    first = api.get(_LEASE)
    seconds = raw.number(first, "spec", "leaseDurationSeconds")
    begun, renewed = raw.text(first, "spec", "renewTime"), None
    holder = raw.text(first, "spec", "holderIdentity")
    if holder and begun and seconds:
        renewed, ends = False, time.monotonic() + min(seconds * 1.5 + 1, _LONGEST_LEASE)
        while not renewed and time.monotonic() < ends:
            time.sleep(_LEASE_LOOK)
            again = api.get(_LEASE)
            renewed = raw.text(again, "spec", "renewTime") != begun
            holder = raw.text(again, "spec", "holderIdentity")
    return LeaderLease(holder, renewed, seconds, raw.number(first, "spec", "leaseTransitions") or 0)


def sync_settings(side: Side) -> dict[str, object]:
    """Read the plugin's settings; only numbers, durations and switches are kept, none called like a secret."""
    values: dict[str, str | int | float | bool] = {}
    selector = f"{MODULE_NAME}={_MODULE},{MODULE_CLUSTER}={_CLUSTER}"
    modules = list(side.api.items(_MODULES, labelSelector=selector))
    for module in modules:
        for part in ("config", "valuesOverride"):
            values |= dict(_settings(raw.mapping(module, "spec", part), ""))
    if not modules:
        raise ApiError("absent", f"there is no ModuleInfo of {_MODULE} in {side.cluster.name}")
    plan = side.inventory.site.dr
    usual = (plan.data_check_interval if plan else None) or ""
    return {"sync_settings": SyncSettings(dict(list(values.items())[:_MOST_SETTINGS]), usual)}


def _settings(found: Mapping[str, Any], path: str) -> Iterator[tuple[str, str | int | float | bool]]:
    for name, value in found.items():
        where = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict) and where.count(".") < 10:  # noqa: PLR2004 - no configuration is deeper
            yield from _settings(value, where)
        elif not _SECRET.search(where) and (
            isinstance(value, (bool, int, float)) or (isinstance(value, str) and _HARMLESS.fullmatch(value))
        ):
            yield raw.text({"name": where}, "name", limit=200), value


def restarted_pods(side: Side) -> dict[str, object]:
    """Read when the Pods of services were made that are to be restarted after synchronisation was enabled."""
    values = load_catalogue().releases[side.inventory.site.release].requirements["dr.sync.after-enable"]
    found: dict[str, dict[str, datetime | None]] = {}
    for service in values["services"]:
        pods = side.api.items(_PODS, labelSelector=f"service_name={service}")
        found[service] = {
            raw.text(pod, "metadata", "name"): raw.time(pod, "metadata", "creationTimestamp") for pod in pods
        }
    return {"restarted_pods": RestartedPods(found)}
