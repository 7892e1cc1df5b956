"""Whether the platform's domain leads to the new primary after a failover, and what answers there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.domain import leads_to

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.node import NodeFacts
    from acp_acceptance.model.pair.domain import DomainHere
    from acp_acceptance.model.platform.names import Names


def elsewhere(
    names: Names, here: DomainHere, nodes: Mapping[str, NodeFacts], fronts: Mapping[str, Collection[str]], wanted: str
) -> Iterator[Fault]:
    """Give every point of view from which the domain does not lead to the new primary, and to it alone.

    Args:
        names: as Pods of the new primary resolve them, by each of its CoreDNS Pods.
        here: as this machine resolves the domain.
        nodes: of the new primary, each of which resolves names for itself.
        fronts: VIP and External IP, by cluster.
        wanted: the new primary.

    Raises:
        CollectionError: one could not be asked.
    """
    asked = [item for item in names.lookups if item.name == here.name]
    unknown = [f"{here.name} could not be asked for: {item.problem}" for item in asked if item.problem]
    for lookup in asked:
        sentence = "stale" if lookup.server else "sentry"
        if lookup.failure:
            yield f"{sentence}_failed", {"server": lookup.server, "reason": lookup.failure}
        elif not lookup.problem and leads_to(lookup.addresses, fronts) != {wanted}:
            yield sentence, {"server": lookup.server, "addresses": lookup.addresses}
    if leads_to(here.addresses, fronts) != {wanted}:
        yield "runner", {"addresses": here.addresses or (here.failure or "nowhere",)}
    for node, facts in nodes.items():
        try:
            addresses = facts.resolved.of(here.name)
        except CollectionError as error:
            unknown.append(f"{node}: {error}")
            continue
        if leads_to(addresses, fronts) != {wanted}:
            yield "node", {"node": node, "addresses": addresses or ("nowhere",)}
    if not any(item.server for item in asked):
        unknown.append(f"no CoreDNS Pod was asked for {here.name or 'the domain, which the inventory does not name'}")
    if unknown:
        raise CollectionError("; ".join(unknown), kind="incomplete")


@dataclass(frozen=True)
class DomainServed:
    """What answers at the platform's domain, from the machine that runs the suite.

    Attributes:
        domain: that was asked.
        address: that it was asked at.
        status: of the web console's answer; ``None`` where none came.
        failure: why none came.
        signers: clusters whose kubeconfig's CA signed the certificate of the API server there.
        api_failure: why that server showed none.
    """

    domain: str
    address: str
    status: int | None
    failure: str = ""
    signers: tuple[str, ...] = ()
    api_failure: str = ""


def served_by_another(served: DomainServed, wanted: str) -> Iterator[Fault]:
    """Give that the domain is not served, or not by the new primary.

    Its console shows the same certificate on both sides; its API server's is signed by its own cluster's CA.

    Raises:
        CollectionError: which cluster answers cannot be told.
    """
    if served.status is None:
        yield "silent", {"domain": served.domain, "reason": served.failure}
    elif served.status >= _SERVER_ERROR:
        yield "error", {"domain": served.domain, "status": served.status}
    if served.signers and wanted not in served.signers:
        yield "other", {"domain": served.domain, "address": served.address, "cluster": served.signers[0]}
    if not served.signers and served.status is not None:
        raise CollectionError(
            f"which cluster answers at {served.domain} cannot be told: the API server there "
            f"{served.api_failure or 'shows a certificate that neither kubeconfig knows the CA of'}",
            kind="unclear",
        )


_SERVER_ERROR = 500
