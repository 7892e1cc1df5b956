"""Reading what the platform's own registry holds, by the distribution specification's HTTP API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from pydantic_core import from_json

from acp_acceptance.collect.certificates import served_certificate
from acp_acceptance.collect.pair.said import credentials
from acp_acceptance.collect.platform.asking import shake_hands
from acp_acceptance.collect.platform.places import REGISTRY_PORT
from acp_acceptance.collect.platform.secret import NAME as PLATFORM_SECRET
from acp_acceptance.collect.quiet import quiet
from acp_acceptance.collect.site import planned_fingerprint
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.registry import RegistryContents
from acp_acceptance.model.platform import PlatformFacts, raw
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.collect.pair.subjects import Side

_PAGE = 500
_MOST_PAGES = 200
_MOST_TAGS = 5000
_BODY = 4 * 2**20
_AT_ONCE = 8
_REFUSED = {401, 403}


def registry(side: Side) -> dict[str, object]:
    """Read repositories and tags behind a side's VIP, with the credentials that the cluster itself holds.

    Raises:
        ApiError: the credentials could not be read.
        CollectionError: the registry is not known for the platform's own, refuses them, or does not answer.
    """
    if side.cluster.parameters.image_repository.kind == "external":
        raise CollectionError("the inventory says that the platform has no registry of its own", kind="not-collected")
    if not side.cluster.vip:
        raise CollectionError(
            f"the inventory does not say the VIP of {side.cluster.name}; write vip: there", kind="unsaid"
        )
    catalogue = _Catalogue(side, credentials(side))
    names = list(catalogue.repositories())
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="registry") as pool:
        found = dict(zip(names, pool.map(catalogue.tags, names), strict=True))
    return {"registry": RegistryContents(f"{side.cluster.vip}:{REGISTRY_PORT}", found)}


class _Catalogue:
    """The registry's catalogue; its certificate is known before any credential is sent."""

    def __init__(self, side: Side, known: Mapping[str, str]) -> None:
        assert side.cluster.vip
        self._place = f"{side.cluster.vip}:{REGISTRY_PORT}"
        self._pool = urllib3.HTTPSConnectionPool(
            side.cluster.vip,
            REGISTRY_PORT,
            maxsize=_AT_ONCE,
            timeout=side.deadline,
            retries=urllib3.Retry(2, redirect=0, raise_on_status=False, backoff_factor=0.2),
            cert_reqs="CERT_NONE",
            assert_fingerprint=_recognised(side, self._place),
        )
        self._headers = urllib3.make_headers(basic_auth=f"{known['user']}:{known['password']}")

    def repositories(self) -> Iterator[str]:
        """Give the names of all repositories."""
        path = f"/v2/_catalog?n={_PAGE}"
        for _ in range(_MOST_PAGES):
            document, link = self._ask(path)
            for name in raw.items(document, "repositories"):
                if isinstance(name, str):
                    yield printable(name, limit=300)
            if not link:
                return
            path = link
        raise CollectionError(f"the catalogue of {self._place} has more than {_MOST_PAGES} pages", kind="incomplete")

    def tags(self, repository: str) -> tuple[str, ...]:
        """Give the tags of one repository."""
        document, _ = self._ask(f"/v2/{repository}/tags/list")
        found = (tag for tag in raw.items(document, "tags")[:_MOST_TAGS] if isinstance(tag, str))
        return tuple(sorted(printable(tag, limit=128) for tag in found))

    def _ask(self, path: str) -> tuple[Mapping[str, object], str]:
        """Ask for one document; gives it, and the path of its next page."""
        try:
            with quiet():
                answer = self._pool.request("GET", path, headers=self._headers, preload_content=False)
            body = answer.read(_BODY + 1)
            answer.drain_conn()
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise CollectionError(
                f"the registry {self._place} does not answer: {printable(str(error))}", kind="unreachable"
            ) from error
        if answer.status in _REFUSED:
            raise CollectionError(
                f"the registry {self._place} refuses the credentials that the cluster holds (status {answer.status})",
                kind="unauthorised",
            )
        if answer.status != 200:  # noqa: PLR2004 - OK, as HTTP has it
            raise CollectionError(
                f"the registry {self._place} answered {printable(path)} with {answer.status}", kind="server"
            )
        try:
            document = from_json(body)
        except ValueError as error:
            raise CollectionError(
                f"the registry {self._place} gave no JSON for {printable(path)}", kind="unparsable"
            ) from error
        if not isinstance(document, dict) or len(body) > _BODY:
            raise CollectionError(
                f"the registry {self._place} gave no JSON object for {printable(path)}", kind="unparsable"
            )
        return document, _next_page(answer.headers.get("Link", ""))


def _next_page(link: str) -> str:
    target = link.partition("<")[2].partition(">")[0] if 'rel="next"' in link else ""
    parts = urlsplit(target)
    return f"{parts.path}?{parts.query}" if parts.path.startswith("/v2/_catalog") else ""


def _recognised(side: Side, place: str) -> str:
    """Give the fingerprint of the registry's certificate, which must be known before anything secret is sent there.

    Raises:
        CollectionError: it is neither the one that the cluster holds nor the one that the inventory plans.
    """
    host, _, port = place.rpartition(":")
    shaken = shake_hands(host.strip("[]"), int(port), side.deadline, side.domain)
    if not shaken.chain:
        raise CollectionError(f"the registry {place} makes no TLS handshake: {shaken.failure}", kind="unreachable")
    served = served_certificate(list(shaken.chain)).fingerprint
    if not served or served not in set(_known(side)):
        raise CollectionError(
            f"the registry {place} serves neither the certificate of Secret {PLATFORM_SECRET} nor the one that the "
            "inventory plans, so it is not recognised, and no credentials are sent to it",
            kind="no-access",
        )
    return served


def _known(side: Side) -> Iterator[str]:
    if side.platform.is_measured(PlatformFacts.certificates):
        own = side.platform.certificates.items.get(PLATFORM_SECRET)
        if own and own.content:
            yield own.content.fingerprint
    with suppress(OSError, ValueError):
        planned = planned_fingerprint(side.cluster.parameters.certificate)
        if planned:
            yield planned.replace(":", "").lower()
