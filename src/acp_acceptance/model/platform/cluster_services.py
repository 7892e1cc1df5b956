"""What the platform needs of its cluster: storage, aggregated APIs, certificates, webhooks, the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.conditions import condition, conditions_of
from acp_acceptance.model.platform.listing import Chosen
from acp_acceptance.model.platform.workloads import lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.platform.nodes import PlatformNodes
    from acp_acceptance.model.platform.workloads import Rollouts

_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


@dataclass(frozen=True)
class Claim:
    """A claim of storage that is not bound.

    Attributes:
        name: with its namespace before it.
        phase: ``Pending``, ``Lost``.
        storage_class: that it names; empty for none on purpose; ``None`` where it takes the default one.
    """

    name: str
    phase: str
    storage_class: str | None


@dataclass(frozen=True)
class Claims:
    """All claims; those that are not bound are kept."""

    total: int
    unbound: tuple[Claim, ...] = ()
    more: int = 0
    missing: str = ""


@dataclass(frozen=True)
class StorageClasses:
    """All storage classes; the default ones are kept, by name."""

    total: int
    defaults: tuple[str, ...] = ()
    more: int = 0
    missing: str = ""


@dataclass(frozen=True)
class ApiService:
    """An API that is not available."""

    name: str
    service: str
    status: str
    reason: str
    message: str


@dataclass(frozen=True)
class ApiServices:
    """All APIs of the server; those that are not available are kept."""

    total: int
    unavailable: tuple[ApiService, ...] = ()
    more: int = 0
    missing: str = ""


@dataclass(frozen=True)
class SigningRequest:
    """A request for a certificate that nobody has decided on."""

    name: str
    signer: str
    user: str
    created: str


@dataclass(frozen=True)
class SigningRequests:
    """All CertificateSigningRequests; the pending ones are kept."""

    total: int
    pending: tuple[SigningRequest, ...] = ()
    more: int = 0
    missing: str = ""


@dataclass(frozen=True)
class Webhook:
    """A webhook that a Service of the cluster serves.

    Attributes:
        configuration: name of the object it stands in.
        service: with its namespace before it.
        policy: ``Fail`` or ``Ignore``, where it does not answer.
    """

    configuration: str
    name: str
    service: str
    policy: str


@dataclass(frozen=True)
class Webhooks:
    """All webhooks that a Service of the cluster serves; those with an address elsewhere are only counted."""

    total: int
    served: tuple[Webhook, ...] = ()
    more: int = 0
    missing: str = ""


@dataclass(frozen=True)
class ServiceBackends:
    """How many endpoints of each Service (namespace and name) are ready."""

    ready: Mapping[str, int]
    missing: str = ""


def claims() -> Chosen[Claims]:
    """Give a reader of PersistentVolumeClaims."""
    return Chosen(_claim, Claims)


def _claim(found: Mapping[str, Any]) -> Claim | None:
    phase = raw.text(found, "status", "phase")
    if phase == "Bound":
        return None
    named = raw.at(found, "spec", "storageClassName")
    return Claim(
        raw.name_of(found),
        phase or "(not said)",
        raw.text(found, "spec", "storageClassName") if named is not None else None,
    )


def storage_classes() -> Chosen[StorageClasses]:
    """Give a reader of StorageClasses."""
    return Chosen(_default_class, StorageClasses)


def _default_class(found: Mapping[str, Any]) -> str | None:
    annotations = raw.mapping(found, "metadata", "annotations")
    return raw.name_of(found) if any(raw.text(annotations, name) == "true" for name in _DEFAULT) else None


def api_services() -> Chosen[ApiServices]:
    """Give a reader of APIServices."""
    return Chosen(_api_service, ApiServices)


def _api_service(found: Mapping[str, Any]) -> ApiService | None:
    available = condition(conditions_of(found), "Available")
    if available is not None and available.status == "True":
        return None
    namespace, name = raw.text(found, "spec", "service", "namespace"), raw.text(found, "spec", "service", "name")
    return ApiService(
        name=raw.name_of(found),
        service=f"{namespace}/{name}" if name else "-",
        status=available.status if available else "(not said)",
        reason=(available.reason if available else "") or "-",
        message=(available.message if available else "") or "-",
    )


def signing_requests() -> Chosen[SigningRequests]:
    """Give a reader of CertificateSigningRequests."""
    return Chosen(_pending, SigningRequests)


def _pending(found: Mapping[str, Any]) -> SigningRequest | None:
    if any(item.type in {"Approved", "Denied", "Failed"} for item in conditions_of(found)):
        return None
    return SigningRequest(
        name=raw.name_of(found),
        signer=raw.text(found, "spec", "signerName") or "-",
        user=raw.text(found, "spec", "username") or "-",
        created=raw.text(found, "metadata", "creationTimestamp") or "-",
    )


class WebhookReader:
    """Reads validating and mutating webhook configurations."""

    def __init__(self) -> None:
        self._total, self._more = 0, 0
        self._served: list[Webhook] = []

    def take(self, found: Mapping[str, Any]) -> None:
        """Take one configuration."""
        for item in raw.items(found, "webhooks"):
            self._total += 1
            namespace = raw.text(item, "clientConfig", "service", "namespace")
            name = raw.text(item, "clientConfig", "service", "name")
            if raw.text(item, "clientConfig", "url"):
                continue
            if len(self._served) >= _MOST_WEBHOOKS:
                self._more += 1
                continue
            policy = raw.text(item, "failurePolicy") or "Fail"
            self._served.append(Webhook(raw.name_of(found), raw.text(item, "name"), f"{namespace}/{name}", policy))

    def result(self, missing: str) -> Webhooks:
        """Give the fact; what was left out is missing."""
        left_out = f"{self._more} webhooks are more than are kept" if self._more else ""
        return Webhooks(self._total, tuple(self._served), self._more, missing or left_out)


_MOST_WEBHOOKS = 5000


class BackendReader:
    """Reads EndpointSlices; only numbers are kept."""

    def __init__(self) -> None:
        self._ready: Counter[str] = Counter()

    def take(self, found: Mapping[str, Any]) -> None:
        """Take one slice."""
        namespace = raw.text(found, "metadata", "namespace")
        service = raw.text(raw.at(found, "metadata", "labels"), "kubernetes.io/service-name")
        if service:
            self._ready[f"{namespace}/{service}"] += sum(map(_is_ready, raw.items(found, "endpoints")))

    def result(self, missing: str) -> ServiceBackends:
        """Give the fact."""
        return ServiceBackends(dict(self._ready), missing)


def _is_ready(endpoint: object) -> bool:
    # By the API's own words, what does not say is to be taken for ready.
    ready = raw.at(endpoint, "conditions", "ready")
    return bool(raw.items(endpoint, "addresses")) and (ready is None or ready is True)


def unbound(found: Claims, classes: StorageClasses) -> Iterator[Fault]:
    """Give claims that have no volume; those that need a default class, where there is none, say so."""
    for item in found.unbound:
        namespace, _, name = item.name.rpartition("/")
        values: dict[str, object] = {"name": name, "namespace": namespace, "phase": item.phase}
        if item.storage_class is None and not classes.defaults:
            yield "no_default", values
        else:
            default = f"{', '.join(classes.defaults)} (the default)"
            yield (
                "unbound",
                {**values, "storage_class": default if item.storage_class is None else item.storage_class or "-"},
            )
    if found.more:
        yield "more", {"count": found.more}


def unavailable(found: ApiServices) -> Iterator[Fault]:
    """Give APIs that are not available.

    Raises:
        CollectionError: none was listed, which no API server does.
    """
    if not found.total:
        raise CollectionError("the server lists no APIService at all, not even its own", kind="empty")
    for item in found.unavailable:
        yield (
            "unavailable",
            {
                "name": item.name,
                "service": item.service,
                "status": item.status,
                "reason": item.reason,
                "message": item.message,
            },
        )
    if found.more:
        yield "more", {"count": found.more}


def undecided(found: SigningRequests) -> Iterator[Fault]:
    """Give requests for certificates that wait."""
    for item in found.pending:
        yield "pending", {"name": item.name, "signer": item.signer, "user": item.user, "created": item.created}
    if found.more:
        yield "more", {"count": found.more}


def unserved(found: Webhooks, backends: ServiceBackends) -> Iterator[Fault]:
    """Give webhooks behind which no endpoint is ready."""
    for item in found.served:
        if not backends.ready.get(item.service):
            namespace, _, service = item.service.rpartition("/")
            yield (
                "unserved",
                {
                    "configuration": item.configuration,
                    "name": item.name,
                    "service": service or "(none)",
                    "namespace": namespace or "(none)",
                    "policy": item.policy,
                },
            )


def not_everywhere(daemon_sets: Rollouts, nodes: PlatformNodes, wanted: str) -> Iterator[Fault]:
    """Give what keeps the network plugin from being on every node.

    Args:
        daemon_sets: all of them.
        nodes: all of the cluster.
        wanted: name of the plugin's DaemonSet, with its namespace.

    Raises:
        CollectionError: no node was listed.
    """
    if not nodes.items:
        raise CollectionError("no node was listed", kind="empty")
    found = next((item for item in daemon_sets.kept if item.name == wanted), None)
    namespace, _, name = wanted.rpartition("/")
    if found is None:
        yield "missing", {"name": name, "namespace": namespace}
        return
    if parts := lacking(found):
        yield "incomplete", {"name": name, "namespace": namespace, "what": parts}
    if found.wanted is not None and found.wanted < len(nodes.items):
        yield "left_out", {"name": name, "namespace": namespace, "count": found.wanted, "nodes": len(nodes.items)}
