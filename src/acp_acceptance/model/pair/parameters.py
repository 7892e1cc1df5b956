"""Settings of both clusters that must be the same, and as the DR guide wants them (Steps 1 and 2, notes)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from acp_acceptance.model.cluster import same_address
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.model.cluster import PlannedInstallation
    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.pair.side import SideFacts


def host_of(text: str) -> str:
    """Give the host of a URL, or of an address with a port; empty where there is none."""
    try:
        return urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""


def vip_of(cluster: str, installations: Mapping[str, PlannedInstallation]) -> str:
    """Give the VIP that the inventory plans for a cluster.

    Raises:
        CollectionError: it plans none.
    """
    vip = installations[cluster].vip
    if not vip:
        raise CollectionError(f"the inventory does not say the VIP of {cluster}; write vip: there", kind="unsaid")
    return vip


def unlike_addresses(primary: SideFacts, standby: SideFacts) -> Iterator[Fault]:
    """Give that the platform access address differs, or is no domain.

    Raises:
        CollectionError: a cluster does not say its own.
    """
    found = {side.target: host_of(side.said.one("platform_address")) for side in (primary, standby)}
    here, there = found.values()
    if not same_address(here, there):
        yield "differs", {"primary": here or "(none)", "standby": there or "(none)"}
    for cluster, host in found.items():
        if not host or is_address(host):
            yield "no_domain", {"cluster": cluster, "value": host or "(none)"}


def other_ports(side: SideFacts, ports: Mapping[str, int]) -> Iterator[Fault]:
    """Give ports of the platform that are not those that the guide wants.

    Args:
        side: the cluster.
        ports: those, by ``http`` and ``https``.

    Raises:
        CollectionError: it does not say its own.
    """
    for name, wanted in ports.items():
        value = side.said.one(f"{name}_port")
        if value != str(wanted):
            yield "port", {"cluster": side.target, "name": name.upper(), "value": value, "wanted": wanted}


def not_at_vip(side: SideFacts, installations: Mapping[str, PlannedInstallation]) -> Iterator[Fault]:
    """Give that a cluster's endpoint is not its VIP, or its other access addresses lack it.

    Raises:
        CollectionError: it does not say them, or the inventory names no VIP.
    """
    vip = vip_of(side.target, installations)
    endpoints = [host_of(item) for item in side.said.all("cluster_endpoint")]
    if not any(same_address(item, vip) for item in endpoints):
        yield "endpoint", {"cluster": side.target, "value": endpoints or ["(none)"], "vip": vip}
    others = [host_of(item) for item in side.said.all("other_addresses")]
    if not any(same_address(item, vip) for item in others):
        yield "own_vip_missing", {"cluster": side.target, "value": others or ["(none)"], "vip": vip}


def unlike_repositories(primary: SideFacts, standby: SideFacts) -> Iterator[Fault]:
    """Give what differs of the image repository, or is empty; of user and password only marks are compared.

    Raises:
        CollectionError: a cluster does not say it.
    """
    here, there = (host_of(side.said.one("repository_address")) for side in (primary, standby))
    if not same_address(here, there):
        yield "address", {"primary": here or "(none)", "standby": there or "(none)"}
    for name in ("user", "password"):
        marks = {side.target: side.said.one(f"repository_{name}") for side in (primary, standby)}
        empty = [cluster for cluster, mark in marks.items() if not mark]
        if empty:
            yield f"{name}_empty", {"clusters": empty}
        elif len(set(marks.values())) > 1:
            yield f"{name}_differs", {}


def repository_elsewhere(primary: SideFacts, installations: Mapping[str, PlannedInstallation]) -> Iterator[Fault]:
    """Give that the platform's own repository is not at the platform's domain.

    Raises:
        CollectionError: the cluster does not say either, or the inventory not whether the repository is its own.
    """
    kind = installations[primary.target].image_repository
    if kind is None:
        raise CollectionError(
            "the inventory does not say parameters.image_repository.kind (platform or external), which decides "
            "whether its address must be the platform's domain",
            kind="unsaid",
        )
    address = host_of(primary.said.one("repository_address"))
    # As planned: that the cluster has another address is told of that by itself.
    domain = installations[primary.target].platform_address or host_of(primary.said.one("platform_address"))
    if kind == "platform" and not same_address(address, domain):
        yield "not_the_domain", {"value": address or "(none)", "domain": domain or "(none)"}


def unlike_value(primary: SideFacts, standby: SideFacts, name: str) -> Iterator[Fault]:
    """Give that one setting differs, or is empty.

    Raises:
        CollectionError: a cluster does not say it.
    """
    here, there = primary.said.one(name), standby.said.one(name)
    if here != there or not here:
        yield "differs", {"primary": here or "(empty)", "standby": there or "(empty)"}
