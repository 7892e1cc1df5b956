"""Reading through the Kubernetes API: raw JSON in pages, with deadlines and retries. Only GET is ever sent."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from urllib3.util import Retry, Timeout

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.collect.platform.access import Access

PAGE = 500
"""Objects of one page, as kubectl asks for."""

_PAGE_BYTES = 64 * 2**20
_SMALLEST_PAGE = 20
"""An object has at most 1.5 MB in etcd: so many always fit in a page."""

_RETRIED = (429, 500, 502, 503, 504)
_CONNECT_SECONDS = 10.0
_EXPIRED, _FORBIDDEN, _UNAUTHORISED, _ABSENT, _GOOD = 410, 403, 401, 404, 300
_RESTARTS = 3


class TooLargeError(Exception):
    """An answer is larger than what is taken."""


class Api:
    """An API server that is only read from.

    Args:
        access: the way to it.
        deadline: seconds for one answer, from asking to its last byte.
    """

    def __init__(self, access: Access, deadline: float) -> None:
        self.access = access
        self._deadline = deadline
        self._pool = access.client.rest_client.pool_manager
        self._retries = Retry(
            total=None,
            connect=1,
            read=0,
            redirect=0,
            status=4,
            other=0,
            status_forcelist=_RETRIED,
            backoff_factor=0.3,
            backoff_max=5,
            retry_after_max=15,
            raise_on_status=False,
        )

    def items(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """List all objects of a kind, page by page.

        Args:
            path: of the collection (``/api/v1/pods``).
            query: further parameters, such as ``fieldSelector``.

        Raises:
            ApiError: after what was given before; ``absent`` where the server does not know the kind.
        """
        limit, going_on, seen = PAGE, "", 0
        restarts = 0
        while True:
            asked = {**query, "limit": str(limit), **({"continue": going_on} if going_on else {})}
            try:
                page = self.get(path, **asked)
            except TooLargeError:
                if limit == _SMALLEST_PAGE:
                    raise ApiError("unreadable", f"a page of {limit} objects is larger than 64 MiB") from None
                limit = _SMALLEST_PAGE
                continue
            except _ExpiredError as error:
                # etcd has compacted the state the pages were of; the server offers to go on with a newer one.
                restarts += 1
                going_on = error.going_on
                if not going_on or restarts > _RESTARTS:
                    raise ApiError(
                        "server", f"the listing expired after {seen} objects, and could not be taken up again"
                    ) from error
                continue
            found = page.get("items")
            if not isinstance(found, list):
                raise ApiError("unreadable", f"{path} gave no list")
            seen += len(found)
            yield from (item for item in found if isinstance(item, dict))
            metadata = page.get("metadata")
            going_on = str(metadata.get("continue") or "") if isinstance(metadata, dict) else ""
            if not going_on:
                return

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Give one JSON object.

        Raises:
            ApiError: it could not be read.
            TooLargeError: it is larger than 64 MiB.
        """
        status, body = self._request(path, query)
        try:
            document = json.loads(body)
        except ValueError as error:
            if status >= _GOOD:
                raise self._refused(status, {}, path) from error
            raise ApiError("unreadable", f"{path} gave no JSON: {printable(str(error))}") from error
        if not isinstance(document, dict):
            raise ApiError("unreadable", f"{path} gave no JSON object")
        if status >= _GOOD:
            raise self._refused(status, document, path)
        return document

    def text(self, path: str, *, limit: int = 2**20, **query: str) -> tuple[int, str]:
        """Give the status and the first ``limit`` bytes of an answer as text; a refusal has its status.

        Raises:
            ApiError: nothing answered.
        """
        status, body = self._request(path, query, limit=limit, cut=True)
        return status, body.decode("utf-8", errors="replace")

    def _request(
        self, path: str, query: Mapping[str, str], *, limit: int = _PAGE_BYTES, cut: bool = False
    ) -> tuple[int, bytes]:
        ends = time.monotonic() + self._deadline
        for attempt in range(3):
            try:
                return self._once(path, query, limit, ends, cut=cut)
            except urllib3.exceptions.HTTPError as error:  # noqa: PERF203 - three times
                # Nothing was changed by asking: what broke off in the middle is asked again.
                if attempt == 2 or time.monotonic() > ends or _is_final(error):  # noqa: PLR2004 - the last of three
                    raise self._unreachable(error) from error
                time.sleep(0.3 * 2**attempt)
        raise AssertionError("not reached")

    def _once(self, path: str, query: Mapping[str, str], limit: int, ends: float, *, cut: bool) -> tuple[int, bytes]:
        headers: dict[str, str] = {"Accept": "application/json, */*"}
        parameters: list[tuple[str, str]] = []
        self.access.client.update_params_for_auth(headers, parameters, ["BearerToken"], path, "GET", None)
        words = urlencode({**query, **dict(parameters)})
        response = self._pool.request(
            "GET",
            f"{self.access.client.configuration.host.rstrip('/')}{path}{'?' if words else ''}{words}",
            headers=headers,
            retries=self._retries,
            timeout=Timeout(connect=_CONNECT_SECONDS, read=max(0.1, ends - time.monotonic())),
            preload_content=False,
        )
        try:
            body = self._body(response, path, limit, ends)
        except BaseException:
            response.close()
            raise
        if len(body) <= limit:
            response.release_conn()
        else:
            response.close()
            if not cut:
                raise TooLargeError
        return response.status, bytes(body[:limit])

    def _body(self, response: urllib3.BaseHTTPResponse, path: str, limit: int, ends: float) -> bytearray:
        """Read an answer, up to just beyond its limit."""
        body = bytearray()
        for part in response.stream(2**18):
            body += part
            if len(body) > limit:
                break
            if time.monotonic() > ends:
                raise ApiError("deadline", f"{path} was not answered in {self._deadline:.0f} s")
        return body

    def _refused(self, status: int, document: Mapping[str, Any], path: str) -> Exception:
        """Make an error of a refusal; the server's words name the missing right."""
        message = document.get("message")
        said = printable(message) if isinstance(message, str) else ""
        if status == _EXPIRED:
            metadata = document.get("metadata")
            return _ExpiredError(str(metadata.get("continue") or "") if isinstance(metadata, dict) else "")
        if status == _FORBIDDEN:
            return ApiError("forbidden", f"{said or path}; give this user that right (deploy/rbac.yaml holds all)")
        if status == _UNAUTHORISED:
            return ApiError(
                "unauthorised",
                f"{self.access.server} does not accept the credentials of {self.access.source}: are they expired?",
            )
        if status == _ABSENT:
            return ApiError("absent", f"{self.access.server} knows no {path}")
        return ApiError("server", f"{self.access.server} answered {path} with {status}: {said or 'nothing more'}")

    def _unreachable(self, error: Exception) -> ApiError:
        cause: BaseException = error
        while isinstance(cause, urllib3.exceptions.MaxRetryError) and cause.reason is not None:
            cause = cause.reason
        words = printable(str(cause)) or type(cause).__name__
        if isinstance(cause, urllib3.exceptions.SSLError):
            return ApiError(
                "unreachable",
                f"{self.access.server}: TLS failed ({words}); the kubeconfig must name the CA that signed its "
                "certificate, and a client certificate that has not expired",
            )
        return ApiError("unreachable", f"{self.access.server} does not answer: {words}")


class _ExpiredError(Exception):
    """A page expired; ``going_on`` takes the listing up again, in a newer state."""

    def __init__(self, going_on: str) -> None:
        super().__init__(going_on)
        self.going_on = going_on


def _is_final(error: Exception) -> bool:
    """Tell an error that asking again does not mend; urllib3 has asked again by itself where nobody answered."""
    return isinstance(error, (urllib3.exceptions.MaxRetryError, urllib3.exceptions.SSLError))
