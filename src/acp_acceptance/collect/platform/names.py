"""Asking for names in the cluster, as the platform's guides do: by ``nslookup`` in a Pod of Deployment ``sentry``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.names import Lookup, Names, read_lookup
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.collect.platform.places import Places

_NAMESPACE = "cpaas-system"
_SENTRY = f"/apis/apps/v1/namespaces/{_NAMESPACE}/deployments/sentry"
_OF_CLUSTER = ("kubernetes.default.svc.cluster.local",)
_AT_ONCE = 4
_NO_SENTRY = f"names are asked for in a running Pod of Deployment {_NAMESPACE}/sentry, and there is none"


@dataclass(frozen=True)
class _Asker:
    """The Pod in which names are asked for."""

    pod: str
    container: str


def names_in_cluster(api: Api, places: Places, expected: Sequence[str]) -> Names:
    """Ask for the cluster's own names and the platform's domain: by the usual way, and each CoreDNS Pod.

    Raises:
        ApiError: no Pod of sentry runs, or nothing may be run in it.
    """
    asker = _asker(api)
    servers = dict(_servers(api))
    domain = "" if is_address(places.platform_address) else places.platform_address
    wanted = [(name, server) for name in (*_OF_CLUSTER, *filter(None, [domain])) for server in ("", *servers)]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="names") as pool:
        lookups = pool.map(lambda item: _asked(api, asker, item[0], item[1], servers.get(item[1], "")), wanted)
        found = tuple(lookups)
    problem = (
        "" if places.platform_address else places.unknown.get("platform address", "the platform's address is not known")
    )
    return Names(found, tuple(servers), domain, tuple(expected), problem)


def _asker(api: Api) -> _Asker:
    labels = raw.mapping(api.get(_SENTRY), "spec", "selector", "matchLabels")
    selector = ",".join(f"{key}={value}" for key, value in labels.items() if isinstance(value, str))
    if not selector:
        raise ApiError("unreadable", f"Deployment {_NAMESPACE}/sentry selects its Pods by no labels")
    for pod in api.items(f"/api/v1/namespaces/{_NAMESPACE}/pods", labelSelector=selector):
        states = raw.items(pod, "status", "containerStatuses")
        running = [raw.text(item, "name") for item in states if raw.flag(item, "ready") is True]
        if (
            raw.text(pod, "status", "phase") == "Running"
            and running
            and not raw.at(pod, "metadata", "deletionTimestamp")
        ):
            return _Asker(raw.text(pod, "metadata", "name"), running[0])
    raise ApiError("absent", _NO_SENTRY)


def _servers(api: Api) -> Iterator[tuple[str, str]]:
    for pod in api.items("/api/v1/namespaces/kube-system/pods", labelSelector="k8s-app=kube-dns"):
        address = raw.text(pod, "status", "podIP")
        if raw.text(pod, "status", "phase") == "Running" and is_address(address):
            yield raw.text(pod, "metadata", "name"), address


def _asked(api: Api, asker: _Asker, name: str, server: str, address: str) -> Lookup:
    words = ["nslookup", name, *([address] if address else [])]
    try:
        ran = api.exec(_NAMESPACE, asker.pod, asker.container, words)
        return read_lookup(name, server, f"{ran.stdout}\n{ran.stderr}")
    except (ApiError, CollectionError) as error:
        return Lookup(name, server, problem=str(error))
