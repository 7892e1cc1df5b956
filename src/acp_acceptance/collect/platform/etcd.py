"""Asking etcd, where it runs as static Pods: its own client in one of them, and the metrics of each."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.etcd import (
    Etcd,
    EtcdMetrics,
    MemberMetrics,
    read_alarms,
    read_healths,
    read_members,
    read_metrics,
    read_statuses,
)
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.platform.api import Api

_NAMESPACE = "kube-system"
_PKI = "/etc/kubernetes/pki/etcd"
_CLIENT = (
    "etcdctl",
    "--endpoints=https://127.0.0.1:2379",
    f"--cacert={_PKI}/ca.crt",
    f"--cert={_PKI}/server.crt",
    f"--key={_PKI}/server.key",
    "--dial-timeout=3s",
    "--command-timeout=5s",
    "-w=json",
)
_MIRRORED = "kubernetes.io/config.mirror"
_METRICS = re.compile(r"--listen-metrics-urls[= ]\S*?http://[^:/,\s]+:(\d+)")
_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_AT_ONCE = 5


def etcd_pods(api: Api) -> list[Mapping[str, Any]]:
    """Give the static Pods of etcd.

    Raises:
        ApiError: they could not be listed, or there are none.
    """
    found: list[Mapping[str, Any]] = [
        pod
        for pod in api.items(f"/api/v1/namespaces/{_NAMESPACE}/pods")
        if raw.text(pod, "metadata", "name").startswith("etcd-")
        and _MIRRORED in raw.mapping(pod, "metadata", "annotations")
    ]
    if not found:
        raise ApiError(
            "absent",
            f"etcd runs in no static Pod {_NAMESPACE}/etcd-*; what runs elsewhere cannot be asked through the API",
        )
    return found


def etcd_facts(api: Api) -> Etcd:
    """Ask etcd for its members, their state and health, and alarms, in the first of its Pods that answers.

    Raises:
        ApiError: none of them could be asked.
        CollectionError: what they said has an unknown form.
    """
    pods = etcd_pods(api)
    nodes = {
        raw.text(node, "metadata", "name"): tuple(
            raw.text(item, "address") for item in raw.items(node, "status", "addresses")
        )
        for node in api.items("/api/v1/nodes")
        if any(label in raw.mapping(node, "metadata", "labels") for label in _CONTROL_PLANE)
    }
    failed = ""
    for pod in sorted(pods, key=lambda item: raw.text(item, "status", "phase") != "Running"):
        try:
            members, status, health, alarms = (
                _asked(api, pod, *words)
                for words in (
                    ("member", "list"),
                    ("endpoint", "status", "--cluster"),
                    ("endpoint", "health", "--cluster"),
                    ("alarm", "list"),
                )
            )
            return Etcd(read_members(members), read_statuses(status), read_healths(health), read_alarms(alarms), nodes)
        except (ApiError, CollectionError) as error:  # noqa: PERF203 - three Pods
            if isinstance(error, ApiError) and error.kind in {"forbidden", "unauthorised"}:
                raise
            failed = failed or str(error)
    raise ApiError("unreadable", f"no member of etcd could be asked: {failed}")


def _asked(api: Api, pod: Mapping[str, Any], *words: str) -> str:
    """Ask a member; where one of the others does not answer, the client says so with its exit status, and goes on."""
    ran = api.exec(_NAMESPACE, raw.text(pod, "metadata", "name"), _container(pod), [*_CLIENT, *words])
    if not ran.stdout.strip():
        said = printable(ran.stderr.strip().rpartition("\n")[2], limit=300)
        raise ApiError(
            "unreadable", f"etcdctl {' '.join(words)} ended with {ran.status}: {said or 'nothing more is said'}"
        )
    return ran.stdout


def _container(pod: Mapping[str, Any]) -> str:
    names = [raw.text(item, "name") for item in raw.items(pod, "spec", "containers")]
    return "etcd" if "etcd" in names else next(iter(names), "etcd")


def etcd_metrics(api: Api) -> EtcdMetrics:
    """Read the metrics of all members; they listen on their node's loopback address only.

    Raises:
        ApiError: the Pods could not be listed, or there are none.
    """
    pods = etcd_pods(api)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="etcd") as pool:
        return EtcdMetrics(
            {
                raw.text(pod, "metadata", "name"): found
                for pod, found in zip(pods, pool.map(lambda pod: _metrics_of(api, pod), pods), strict=True)
            }
        )


def _metrics_of(api: Api, pod: Mapping[str, Any]) -> MemberMetrics:
    words = (
        " ".join(raw.text({"word": word}, "word") for word in (*raw.items(item, "command"), *raw.items(item, "args")))
        for item in raw.items(pod, "spec", "containers")
    )
    offered = _METRICS.search(" ".join(words))
    if not offered:
        return MemberMetrics(problem="it offers no metrics over HTTP (--listen-metrics-urls)")
    try:
        return read_metrics(api.fetch(_NAMESPACE, raw.text(pod, "metadata", "name"), int(offered[1]), "/metrics"))
    except ApiError as error:
        return MemberMetrics(problem=error.reason)
