"""Where the platform's domain leads: that decides which cluster of the pair is active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.cluster import same_address
from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True)
class DomainHere:
    """The platform's domain, as the machine that runs the suite resolves it.

    Attributes:
        name: the domain; empty where the inventory names none.
        addresses: of IPv4 and IPv6.
        failure: why it does not resolve.
    """

    name: str
    addresses: tuple[str, ...] = ()
    failure: str = ""


def leads_to(addresses: Collection[str], fronts: Mapping[str, Collection[str]]) -> set[str]:
    """Give the clusters that some addresses lead to; an empty name stands for one that is neither's.

    Args:
        addresses: that a name resolves to.
        fronts: VIP and External IP, by cluster.
    """
    return {
        next((cluster for cluster, front in fronts.items() if any(same_address(address, item) for item in front)), "")
        for address in addresses
    }


def active_by(here: DomainHere, fronts: Mapping[str, Collection[str]]) -> str:
    """Give the cluster that the domain leads to from this machine.

    Raises:
        CollectionError: it leads to none of both, or to both, or does not resolve.
    """
    if not here.name:
        raise CollectionError("the inventory names no platform domain (parameters.platform_address)")
    if not here.addresses:
        raise CollectionError(f"{here.name} does not resolve here: {here.failure}")
    found = leads_to(here.addresses, fronts)
    shown = ", ".join(here.addresses)
    if len(found) != 1:
        raise CollectionError(f"{here.name} leads to more than one cluster ({shown})")
    (active,) = found
    if not active:
        raise CollectionError(f"{here.name} leads to {shown}, which is the VIP of neither cluster")
    return active
