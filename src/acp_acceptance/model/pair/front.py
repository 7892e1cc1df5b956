"""What a cluster's VIP lets through, and which certificates are served behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acp_acceptance.model.certificate import CertificateFile
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.runner_view import NOTHING_LEARNT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from acp_acceptance.model.cluster import PlannedInstallation
    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.pair.side import SideFacts


@dataclass(frozen=True)
class Served:
    """The certificate that was served in a TLS handshake; ``None``, and why, where there was no such."""

    content: CertificateFile | None = None
    failure: str = ""


@dataclass(frozen=True)
class Front:
    """A VIP, as the machine that runs the suite sees it.

    Attributes:
        vip: its address.
        ports: number of the port to the state of the connection, in the words of
            :class:`~acp_acceptance.model.runner_view.Knock`.
        domain: what is served at the HTTPS port to whom asks for the platform's domain.
        etcd: what is served at etcd's port.
        etcd_on_nodes: fingerprints of what the control plane nodes serve there, by name; those that were reached.
        node_addresses: of the cluster's nodes, as it knows them.
    """

    vip: str
    ports: Mapping[str, str] = field(default_factory=dict)
    domain: Served = Served()
    etcd: Served = Served()
    etcd_on_nodes: Mapping[str, str] = field(default_factory=dict)
    node_addresses: tuple[str, ...] = ()


def closed(front: Front, ports: Collection[int]) -> Iterator[Fault]:
    """Give ports that a VIP does not let through.

    Raises:
        CollectionError: nothing was learnt of one.
    """
    shut: dict[int, str] = {}
    for port in ports:
        state = front.ports.get(str(port), "")
        if not state:
            raise CollectionError(f"port {port} of {front.vip} was not tried", kind="not-collected")
        if state in NOTHING_LEARNT:
            raise CollectionError(NOTHING_LEARNT[state].format(address=front.vip), kind="unreachable")
        if state != "open":
            shut[port] = state
    for port, state in shut.items():
        yield "closed", {"vip": front.vip, "port": port, "state": state}


def not_etcds_own(front: Front) -> Iterator[Fault]:
    """Give that what answers at etcd's port is not etcd itself: a load balancer ends TLS there.

    Raises:
        CollectionError: that cannot be told.
    """
    if front.ports.get("2379") != "open":
        return
    content, failure = front.etcd.content, front.etcd.failure
    if content is None or not content.fingerprint:
        if "alert" in failure.lower():
            # Of an older TLS the server's certificate stays unknown where it wants one of the client first.
            raise CollectionError(
                f"etcd at {front.vip}:2379 ends the handshake ({failure}), so its certificate is not seen",
                kind="unreachable",
            )
        yield "no_tls", {"vip": front.vip, "reason": failure or "no certificate was served"}
        return
    if content.fingerprint in front.etcd_on_nodes.values():
        return
    if not front.etcd_on_nodes and any(content.covers(address) for address in front.node_addresses):
        return
    if not front.etcd_on_nodes and not front.node_addresses:
        raise CollectionError(
            f"no control plane node was reached at 2379 to compare its certificate with {front.vip}'s", kind="no-peer"
        )
    issuer = content.chain[0].issuer if content.chain else "(none)"
    yield (
        "layer_7",
        {"vip": front.vip, "subject": content.chain[0].subject if content.chain else "(none)", "issuer": issuer},
    )


def self_built(cluster: str, installations: Mapping[str, PlannedInstallation]) -> Iterator[Fault]:
    """Give that the VIP is the platform's own, which disaster recovery cannot use.

    Raises:
        CollectionError: the inventory does not say.
    """
    planned = installations[cluster].self_built_vip
    if planned is None:
        raise CollectionError(
            f"the inventory does not say whether the VIP of {cluster} is self-built; write self_built_vip: "
            "{enabled: false} under its parameters",
            kind="unsaid",
        )
    if planned:
        yield "self_built", {}


def unlike_certificates(
    primary: SideFacts, standby: SideFacts, installations: Mapping[str, PlannedInstallation]
) -> Iterator[Fault]:
    """Give that both sides do not serve the same certificate for the domain, or one that nobody issued.

    Raises:
        CollectionError: a side's was not seen.
    """
    found = {side.target: _domain_certificate(side) for side in (primary, standby)}
    here, there = (content.fingerprint for content in found.values())
    if here != there:
        yield "differs", {"primary": _short(here), "standby": _short(there)}
    for cluster, content in found.items():
        if content.self_signed:
            yield "self_signed", {"cluster": cluster}
        planned = installations[cluster].certificate_fingerprint
        if planned and planned.replace(":", "").lower() != content.fingerprint:
            yield "not_planned", {"cluster": cluster, "value": _short(content.fingerprint), "wanted": _short(planned)}


def _domain_certificate(side: SideFacts) -> CertificateFile:
    front = side.front
    served = front.domain
    if served.content is None or not served.content.fingerprint:
        raise CollectionError(
            f"{front.vip} of {side.target} served no certificate for the domain: "
            f"{served.failure or 'none was readable'}"
        )
    return served.content


def _short(fingerprint: str) -> str:
    return fingerprint.replace(":", "").lower()[:16]
