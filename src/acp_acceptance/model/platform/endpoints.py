"""The platform's addresses as this machine sees them: what answers at each port, and how."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.runner_view import NOTHING_LEARNT
from acp_acceptance.model.wording import wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class Endpoint:
    """One port of one address.

    Attributes:
        address: as the inventory or the API has it.
        what: which address that is: ``access address``, ``VIP``, ``External IP`` or a node's name.
        needed: something is to answer there; ``False`` where nothing may, ``None`` where nobody says.
        problem: why nothing was tried; then nothing else is known.
        state: of the TCP connection, in the words of :class:`~acp_acceptance.model.runner_view.Knock`.
        tls: a TLS handshake came to its end; ``None`` where none was tried.
        failure: why the handshake or the request failed.
        status: of the HTTP answer, after redirections within the same host; ``None`` where none came or was asked for.
        path: that was asked for last.
        trusted: of an API server: its certificate is signed by the CA of the kubeconfig.
        unready: of an API server: the checks that it says have failed.
    """

    address: str
    port: int
    what: str
    needed: bool | None = True
    problem: str = ""
    state: str = ""
    tls: bool | None = None
    failure: str = ""
    status: int | None = None
    path: str = ""
    trusted: bool | None = None
    unready: tuple[str, ...] = ()


@dataclass(frozen=True)
class Endpoints:
    """Ports of the platform, by address and port (``192.0.2.10:443``)."""

    items: Mapping[str, Endpoint]


def require_learnt(endpoint: Endpoint) -> None:
    """Make sure that something was learnt of an endpoint.

    Raises:
        CollectionError: nothing was: it is not known, has no name or no route here.
    """
    if endpoint.problem:
        raise CollectionError(endpoint.problem)
    if endpoint.state in NOTHING_LEARNT:
        raise CollectionError(NOTHING_LEARNT[endpoint.state].format(address=endpoint.address), kind="unreachable")


def _place(endpoint: Endpoint) -> dict[str, object]:
    """Say which endpoint it is, as values of a sentence."""
    known = {"platform address": "platform-address", "other platform address": "other-platform-address"}
    what = wording(known[endpoint.what]) if endpoint.what in known else endpoint.what
    return {"address": endpoint.address, "port": endpoint.port, "what": what}


def closed(endpoint: Endpoint) -> Iterator[Fault]:
    """Give that a port takes no connection, or that what takes it speaks no TLS.

    Raises:
        CollectionError: nothing was learnt; or nobody says whether something is to answer, and nothing does.
    """
    require_learnt(endpoint)
    place = _place(endpoint)
    if endpoint.state != "open":
        if endpoint.needed is None:
            raise CollectionError(
                f"port {endpoint.port} of {endpoint.address} is closed ({endpoint.state}), and the inventory does not "
                "say parameters.image_repository.kind (platform or external), which decides whether it may be",
                kind="unsaid",
            )
        yield "closed", {**place, "state": endpoint.state}
    elif endpoint.tls is False:
        yield "no_tls", {**place, "reason": endpoint.failure}


def unserved(endpoint: Endpoint, statuses: Collection[int]) -> Iterator[Fault]:
    """Give what keeps an address from serving over HTTPS; of one that is to be closed, that it is open.

    Args:
        endpoint: that was looked at.
        statuses: of HTTP that count as an answer of what is to be there.

    Raises:
        CollectionError: as :func:`closed`.
    """
    if endpoint.needed is False:
        require_learnt(endpoint)
        if endpoint.state == "open":
            yield "open", {"address": endpoint.address, "port": endpoint.port}
        return
    faults = [*closed(endpoint)]
    yield from faults
    if not faults:
        yield from _unanswered(endpoint, statuses)


def _unanswered(endpoint: Endpoint, statuses: Collection[int]) -> Iterator[Fault]:
    place: dict[str, object] = {"address": endpoint.address, "port": endpoint.port, "path": endpoint.path}
    if endpoint.status is None:
        yield "no_answer", {**place, "reason": endpoint.failure}
    elif endpoint.status not in statuses:
        yield "status", {**place, "status": endpoint.status}


def unready(endpoint: Endpoint) -> Iterator[Fault]:
    """Give what keeps an API server from being ready at one of its addresses.

    Raises:
        CollectionError: as :func:`closed`; or the kubeconfig names no CA by which the server could be recognised, or
            it does not let its user ask.
    """
    faults = [*closed(endpoint)]
    yield from faults
    if faults:
        return
    if endpoint.trusted is None:
        raise CollectionError(endpoint.failure)
    place = _place(endpoint)
    if not endpoint.trusted:
        yield "foreign", {**place, "reason": endpoint.failure}
    elif endpoint.status is None:
        yield "no_answer", {**place, "path": endpoint.path, "reason": endpoint.failure}
    elif endpoint.status in {401, 403}:
        raise CollectionError(
            f"the API server at {endpoint.address} lets neither anonymous users nor this one ask for "
            f"{endpoint.path} (status {endpoint.status}); give this user that right",
            kind="forbidden",
        )
    elif endpoint.status != 200:  # noqa: PLR2004 - OK, as HTTP has it
        yield "not_ready", {**place, "status": endpoint.status, "checks": endpoint.unready or ("(it names none)",)}
