"""The platform from outside: its ports at each of its addresses, and the certificates there. Each is asked once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from acp_acceptance.collect.certificates import served_certificate
from acp_acceptance.collect.knocking import knock
from acp_acceptance.collect.platform.asking import Handshake, ask, shake_hands, url_of
from acp_acceptance.collect.platform.places import API_PORT, REGISTRY_PORT
from acp_acceptance.collect.quiet import quiet
from acp_acceptance.model.platform.certificates import PlatformCertificate
from acp_acceptance.model.platform.endpoints import Endpoint, Endpoints
from acp_acceptance.model.runner_view import NOTHING_LEARNT
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from acp_acceptance.collect.platform.access import Access
    from acp_acceptance.collect.platform.places import Places
    from acp_acceptance.model.certificate import CertificateFile

_AT_ONCE = 16
_FAILED_CHECK = re.compile(r"^\[-\](\S+)", re.MULTILINE)
_MOST_CHECKS = 20
_REFUSED = {401, 403}


@dataclass(frozen=True)
class Outside:
    """What is seen from this machine.

    Attributes:
        web, registry, balanced, api: the ports by what they are for.
        certificates: that are served.
    """

    web: Endpoints
    registry: Endpoints
    balanced: Endpoints
    api: Endpoints
    certificates: dict[str, PlatformCertificate]


def planned_web(places: Places) -> list[Endpoint]:
    """Give the ports at which people use the platform, and those that are to be closed."""
    return [
        *(Endpoint(address, places.https_port, what) for address, what in places.access.items()),
        *(Endpoint(address, places.http_port, what, needed=places.http) for address, what in places.access.items()),
        *_unknown(places, "platform address"),
    ]


def planned_registry(places: Places) -> list[Endpoint]:
    """Give the ports of the platform's own registry."""
    if places.registry is False:
        return []
    return [
        *(Endpoint(address, REGISTRY_PORT, what) for address, what in places.access.items()),
        *_unknown(places, "platform address"),
    ]


def planned_balanced(places: Places) -> list[Endpoint]:
    """Give the ports that a load balancer forwards, in front of the control plane nodes and at each of them."""
    ports: dict[int, bool | None] = {places.https_port: True, API_PORT: True}
    if places.registry is not False:
        ports[REGISTRY_PORT] = places.registry
    everywhere = {**places.in_front, **{node.address: node.name for node in places.nodes}}
    return [
        *(
            Endpoint(address, port, what, needed)
            for address, what in everywhere.items()
            for port, needed in ports.items()
        ),
        *_unknown(places, "VIP"),
        *_unknown(places, "nodes"),
    ]


def planned_api(places: Places) -> list[Endpoint]:
    """Give the API servers: each node's own, and the way that leads to all of them."""
    everywhere = {**places.in_front, **{node.address: node.name for node in places.nodes}}
    return [
        *(Endpoint(address, API_PORT, what) for address, what in everywhere.items()),
        *_unknown(places, "VIP"),
        *_unknown(places, "nodes"),
    ]


def _unknown(places: Places, what: str) -> list[Endpoint]:
    return [Endpoint("", 0, what, problem=places.unknown[what])] if what in places.unknown else []


def name_of(address: str, port: int) -> str:
    """Name an endpoint."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class Observer:
    """Looks at all planned endpoints, at each port of an address once.

    Args:
        access: the way to the API, of which the CA and, for API servers that this signed, the credentials are used.
        deadline: seconds for each question.
    """

    def __init__(self, access: Access, deadline: float) -> None:
        self._access = access
        self._deadline = deadline
        self._states: dict[tuple[str, int], str] = {}
        self._shaken: dict[tuple[str, int], Handshake] = {}

    def observe(self, places: Places) -> Outside:
        """Look at everything."""
        web, registry = planned_web(places), planned_registry(places)
        balanced, api = planned_balanced(places), planned_api(places)
        everything = [item for item in (*web, *registry, *balanced, *api) if not item.problem]
        asked = list(dict.fromkeys((item.address, item.port) for item in everything))
        self._states = {(item.address, item.port): item.state for item in knock({"": asked}, listen=0)[""].knocks}
        plain = {(item.address, item.port) for item in web if item.port == places.http_port}
        opened = [place for place in asked if self._states[place] == "open" and place not in plain]
        with quiet(), ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="endpoints") as pool:
            shaken = pool.map(lambda place: shake_hands(place[0], place[1], self._deadline), opened)
            self._shaken = dict(zip(opened, shaken, strict=True))

            def seen(planned: Iterable[Endpoint], further: Callable[[Endpoint], Endpoint]) -> Endpoints:
                found = pool.map(lambda item: self._looked_at(item, further), planned)
                return Endpoints(
                    {name_of(item.address, item.port) if item.address else item.what: item for item in found}
                )

            return Outside(
                seen(web, self._asked_for("/")),
                seen(registry, self._asked_for("/v2/")),
                seen(balanced, lambda endpoint: endpoint),
                seen(api, self._asked_whether_ready),
                self._certificates(places, everything),
            )

    def _looked_at(self, endpoint: Endpoint, further: Callable[[Endpoint], Endpoint]) -> Endpoint:
        place = (endpoint.address, endpoint.port)
        if endpoint.problem:
            return endpoint
        found = replace(endpoint, state=self._states[place])
        shaken = self._shaken.get(place)
        if shaken is None:
            return self._asked_in_plain(found) if found.state == "open" and found.needed else found
        found = replace(found, tls=bool(shaken.chain), failure=shaken.failure)
        return further(found) if found.tls else found

    def _asked_in_plain(self, endpoint: Endpoint) -> Endpoint:
        answer = ask(url_of(endpoint.address, endpoint.port, scheme="http"), self._deadline)
        return replace(endpoint, status=answer.status, path=answer.path, failure=answer.failure)

    def _asked_for(self, path: str) -> Callable[[Endpoint], Endpoint]:
        def further(endpoint: Endpoint) -> Endpoint:
            answer = ask(url_of(endpoint.address, endpoint.port, path), self._deadline)
            return replace(endpoint, status=answer.status, path=answer.path, failure=answer.failure)

        return further

    def _asked_whether_ready(self, endpoint: Endpoint) -> Endpoint:
        """Ask an API server whether it is ready: as anybody and, where it wants to know who asks, as this user.

        Credentials are sent to no server whose certificate the kubeconfig's CA did not sign.
        """
        settings = self._access.client.configuration
        if not settings.ssl_ca_cert or not settings.verify_ssl:
            return replace(endpoint, failure=f"{self._access.source} names no CA by which API servers are recognised")
        url = url_of(endpoint.address, endpoint.port, "/readyz?verbose")
        answer = ask(url, self._deadline, authority=settings.ssl_ca_cert)
        if answer.status in _REFUSED:
            headers: dict[str, str] = {}
            self._access.client.update_params_for_auth(headers, [], ["BearerToken"], "/readyz", "GET", None)
            own = (settings.cert_file, settings.key_file) if settings.cert_file and settings.key_file else None
            answer = ask(url, self._deadline, authority=settings.ssl_ca_cert, client_certificate=own, headers=headers)
        return replace(
            endpoint,
            status=answer.status,
            path=answer.path,
            failure=answer.failure,
            trusted=not answer.untrusted,
            unready=tuple(printable(name, limit=100) for name in _FAILED_CHECK.findall(answer.body)[:_MOST_CHECKS]),
        )

    def _certificates(self, places: Places, endpoints: Iterable[Endpoint]) -> dict[str, PlatformCertificate]:
        """Give the certificates of all ports that are to answer by TLS."""
        own = {node.address: node.internal for node in places.nodes}
        found: dict[str, PlatformCertificate] = {}
        for endpoint in endpoints:
            place = (endpoint.address, endpoint.port)
            shaken, state = self._shaken.get(place), self._states[place]
            if endpoint.port == places.http_port or (endpoint.needed is None and state != "open"):
                continue
            name = name_of(*place)
            if shaken is None or not shaken.chain:
                found[name] = PlatformCertificate(None, problem=_not_served(name, endpoint.address, state, shaken))
            elif endpoint.port == API_PORT:
                address = own.get(endpoint.address, endpoint.address)
                content = served_certificate(list(shaken.chain))
                problem = "" if address else f"the own address of {endpoint.what}, which it is to be for, is not known"
                names = (address,) if address else ()
                found[name] = PlatformCertificate(content, names, "cluster", problem=problem)
            else:
                content = served_certificate(list(shaken.chain))
                found[name] = platform_certificate(content, places, endpoint.address)
        return found


def _not_served(name: str, address: str, state: str, shaken: Handshake | None) -> str:
    if state in NOTHING_LEARNT:
        return NOTHING_LEARNT[state].format(address=address)
    why = f"the handshake failed: {shaken.failure}" if shaken else f"the port is not open ({state})"
    return f"{name} served no certificate: {why}"


def platform_certificate(content: CertificateFile, places: Places, address: str) -> PlatformCertificate:
    """Say what a certificate of the platform is to be for: the address itself, or the one that people use."""
    is_own_name = places.access.get(address, "").endswith("platform address")
    name = address if is_own_name else places.platform_address
    problem = "" if name else places.unknown.get("platform address", "the platform's address is not known")
    return PlatformCertificate(content, (name,) if name else (), places.certificate, problem=problem)
