"""What the inventory plans for a cluster, as the installer's pages will be filled in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.certificate import CertificateFile
from acp_acceptance.model.forwarding import Forwarding
from acp_acceptance.model.layout import ClusterLayout
from acp_acceptance.model.measurement import CollectionError, Fact, Facts
from acp_acceptance.model.runner_view import RunnerView
from acp_acceptance.model.text import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class PlannedInstallation:
    """The installation parameters of one cluster; ``None`` where the inventory does not say.

    Attributes:
        password: whether a password of the image repository is given, and, as an opaque mark, which: equal marks are
            equal passwords within one snapshot. Empty text for a password that is given and empty.
    """

    vip: str | None = None
    platform_address: str | None = None
    cluster_endpoint: str | None = None
    http_port: int | None = None
    https_port: int | None = None
    other_platform_addresses: tuple[str, ...] | None = None
    self_built_vip: bool | None = None
    certificate: str | None = None
    certificate_fingerprint: str | None = None
    image_repository: str | None = None
    image_repository_address: str | None = None
    image_repository_username: str | None = None
    password: str | None = None
    admin_user: str | None = None


class ClusterFacts(Facts):
    """What is known of one cluster of the site before it is installed."""

    planned = Fact(PlannedInstallation)
    layout = Fact(ClusterLayout)
    certificate = Fact(CertificateFile)
    runner_view = Fact(RunnerView)

    # Measured with listeners on the nodes, where that is allowed.
    forwarding = Fact(Forwarding)


_SAME_ON_BOTH_SIDES = (
    "platform_address",
    "http_port",
    "https_port",
    "certificate",
    "certificate_fingerprint",
    "image_repository",
    "image_repository_address",
    "image_repository_username",
    "password",
    "admin_user",
)
_NEEDED = (
    "vip",
    "platform_address",
    "cluster_endpoint",
    "http_port",
    "https_port",
    "other_platform_addresses",
    "self_built_vip",
    "certificate",
    "image_repository",
    "admin_user",
)
_NEEDED_WITH_PLATFORM_REPOSITORY = ("image_repository_address", "image_repository_username", "password")


def same_address(one: str, other: str) -> bool:
    """Tell whether two texts are the same address or, without regard to case, the same name."""
    if is_address(one) and is_address(other):
        return ipaddress.ip_address(one.strip("[]")) == ipaddress.ip_address(other.strip("[]"))
    return one.rstrip(".").lower() == other.rstrip(".").lower()


def require_said(planned: PlannedInstallation) -> None:
    """Make sure that the inventory says all parameters that disaster recovery needs.

    Raises:
        CollectionError: it leaves some of them out; the message names them.
    """
    needed = [
        *_NEEDED,
        *(_NEEDED_WITH_PLATFORM_REPOSITORY if planned.image_repository == "platform" else ()),
        *(["certificate_fingerprint"] if planned.certificate == "own" else ()),
    ]
    unsaid = [name for name in needed if getattr(planned, name) is None]
    if unsaid:
        raise CollectionError(
            f"the inventory does not say {', '.join(unsaid)}; add them to the cluster there", kind="unsaid"
        )


def unfit_for_recovery(own: PlannedInstallation) -> Iterator[Fault]:
    """Give what the disaster recovery guide (Step 1, notes) forbids in one cluster's parameters.

    Yields:
        The name of the sentence that says it, and the values it needs. What is not said is passed over.
    """
    if own.platform_address is not None and is_address(own.platform_address):
        yield "address_no_domain", {"value": own.platform_address}
    if own.cluster_endpoint and own.vip and not same_address(own.cluster_endpoint, own.vip):
        yield "endpoint_not_vip", {"value": own.cluster_endpoint, "vip": own.vip}
    if own.certificate == "self_signed":
        yield "self_signed", {}
    for name, port, wanted in (("HTTP", own.http_port, 80), ("HTTPS", own.https_port, 443)):
        if port is not None and port != wanted:
            yield "port", {"name": name, "value": port, "wanted": wanted}
    others = own.other_platform_addresses
    if others is not None and own.vip and not any(same_address(address, own.vip) for address in others):
        yield "own_vip_missing", {"vip": own.vip, "value": others}
    if own.self_built_vip:
        yield "self_built_vip", {}
    if own.image_repository == "platform":
        yield from _unfit_repository(own)


def _unfit_repository(own: PlannedInstallation) -> Iterator[Fault]:
    address, domain = own.image_repository_address, own.platform_address
    if address is not None and domain is not None and not same_address(address, domain):
        yield "repository_address", {"value": address, "wanted": domain}
    if own.image_repository_username == "":
        yield "repository_user_empty", {}
    if own.password == "":
        yield "repository_password_empty", {}


def different(own: PlannedInstallation, peer: PlannedInstallation) -> Iterator[Fault]:
    """Give the parameters that must be the same on both sides and are not (the guide's Step 2, notes).

    Yields:
        As :func:`unfit_for_recovery`; the password's value is never among them.
    """
    for name in _SAME_ON_BOTH_SIDES:
        value, other = getattr(own, name), getattr(peer, name)
        if value is None or other is None or value == other:
            continue
        if name == "password":
            yield "password_differs", {}
        else:
            yield "differs", {"name": name, "value": value, "other": other}
