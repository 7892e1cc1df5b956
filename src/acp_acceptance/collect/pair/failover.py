"""What is looked at only after a failover: etcd's port at both VIPs, who serves the domain, workload clusters."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from acp_acceptance.collect.knocking import knock
from acp_acceptance.collect.pair.components import components_of
from acp_acceptance.collect.platform.access import from_kubeconfig
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.asking import ask, url_of
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.quiet import quiet
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.components import Components, WorkloadComponents
from acp_acceptance.model.pair.failover import EtcdPorts
from acp_acceptance.model.pair.switched_domain import DomainServed
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from acp_acceptance.collect.pair.subjects import Both, Side
    from acp_acceptance.inventory.site import WorkloadCluster

_ETCD_PORT, _API_PORT, _HTTPS_PORT = 2379, 6443, 443
_AT_ONCE = 4


def etcd_ports(both: Both) -> dict[str, object]:
    """Try etcd's port at both VIPs from this machine."""
    _only_after_a_failover(both)
    places = {side.cluster.name: [(side.cluster.vip, _ETCD_PORT)] for side in both.sides if side.cluster.vip}
    unnamed = tuple(side.cluster.name for side in both.sides if not side.cluster.vip)
    states = {
        f"{_bracketed(item.address)}:{item.port}": item.state
        for view in knock(places, listen=0).values()
        for item in view.knocks
    }
    return {"etcd_ports": EtcdPorts(states, unnamed)}


def domain_served(both: Both) -> dict[str, object]:
    """Ask at the platform's domain for the web console, and which cluster's API server is there."""
    _only_after_a_failover(both)
    side = both.standby
    if not side.domain:
        raise CollectionError("the inventory names no platform domain (parameters.platform_address)", kind="unsaid")
    try:
        address = str(socket.getaddrinfo(side.domain, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError) as error:
        return {"domain_served": DomainServed(side.domain, "", None, f"it does not resolve: {printable(str(error))}")}
    port = side.cluster.parameters.https_port or _HTTPS_PORT
    with quiet():
        console = ask(url_of(side.domain, port), side.deadline)
    signers, failure = _signers(both)
    return {"domain_served": DomainServed(side.domain, address, console.status, console.failure, signers, failure)}


def _signers(both: Both) -> tuple[tuple[str, ...], str]:
    """Give the clusters whose CA signed what the API server at the domain shows, or why it showed nothing."""
    found, failure = [], ""
    for side in both.sides:
        try:
            settings = side.api.access.client.configuration
        except ApiError as error:
            failure = failure or f"could not be compared with {side.cluster.name}, {error.reason}"
            continue
        if not settings.ssl_ca_cert:
            failure = f"could not be compared: {side.api.access.source} names no CA"
            continue
        answer = ask(url_of(both.standby.domain, _API_PORT, "/version"), side.deadline, authority=settings.ssl_ca_cert)
        if answer.status is not None:
            found.append(side.cluster.name)
        elif not answer.untrusted:
            failure = f"does not answer: {answer.failure}"
    return tuple(found), failure


def workload_components(both: Both) -> dict[str, object]:
    """List what the workload clusters have that the inventory names."""
    _only_after_a_failover(both)
    plan = both.standby.inventory.site.dr
    named = plan.workload_clusters if plan else {}
    found: dict[str, Components] = {}
    problems: dict[str, str] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="workload") as pool:
        for name, result in zip(
            named, pool.map(lambda item: _components_of(item, both.standby), named.values()), strict=True
        ):
            if isinstance(result, Components):
                found[name] = result
            else:
                problems[name] = result
    return {"workload_components": WorkloadComponents(found, problems)}


def _components_of(cluster: WorkloadCluster, side: Side) -> Components | str:
    try:
        return components_of(Api(from_kubeconfig(cluster.kubeconfig, cluster.context), side.deadline))
    except ApiError as error:
        return error.reason


def _only_after_a_failover(both: Both) -> None:
    plan = both.standby.inventory.site.dr
    if plan is None or plan.phase != "failover":
        raise CollectionError("it is only looked at after a failover (--acp-dr-phase=failover)", kind="not-collected")


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
