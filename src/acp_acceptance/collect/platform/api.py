"""Reading through the Kubernetes API: raw JSON in pages, with deadlines and retries. Only GET is ever sent."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypedDict, cast
from urllib.parse import urlencode

import msgspec
import urllib3
from pydantic_core import from_json
from urllib3.util import Retry, Timeout

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from typing_extensions import Self

    from acp_acceptance.collect.platform.access import Access
    from acp_acceptance.collect.platform.streams import Ran

PAGE = 500
"""Objects of one page, as kubectl asks for; where there are very many, pages grow."""

_LARGEST_PAGE = 5000
_PAGES_BEFORE = 50
"""For each page etcd counts all keys of the kind, so that pages of one size take a time that grows with the square.

A page is at most a fiftieth of what came before it. etcd holds at most 8 GiB, so on the server it has 160 MiB at most.
"""

METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""What asks for the metadata of objects alone; their content, such as that of a Secret, then stays where it is."""

_ANYTHING = "application/json, */*"
_PAGE_BYTES = 64 * 2**20
_SMALLEST_PAGE = 20
"""An object has at most 1.5 MB in etcd: so many always fit in a page."""

_RETRIED = (429, 500, 502, 503, 504)
_CONNECT_SECONDS = 10.0
_CONTINUE = re.compile(rb'"continue":"([A-Za-z0-9+/=_.-]*)"')
_HEAD = 2000
_EXPIRED, _FORBIDDEN, _UNAUTHORISED, _ABSENT, _GOOD = 410, 403, 401, 404, 300
_RESTARTS = 3


class _Page(TypedDict):
    metadata: dict[str, Any]
    items: list[msgspec.Raw]


_PAGES = msgspec.json.Decoder(_Page)


class TooLargeError(Exception):
    """An answer is larger than what is taken."""


class _BoundedRetry(Retry):
    """Asks again as a :class:`Retry`, and no more once the time is up: some servers take long to say that they fail."""

    ends = float("inf")

    def new(self, **changed: Any) -> Self:  # noqa: ANN401 - as urllib3 has it
        """Give it for the next time, until the same end."""
        other = super().new(**changed)
        other.ends = self.ends
        return other

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002 - as urllib3 calls it
        """Tell whether to ask again."""
        return time.monotonic() < self.ends and super().is_retry(method, status_code, has_retry_after)


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
        self._retries = _BoundedRetry(
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

    def items(
        self,
        path: str,
        *,
        accept: str = _ANYTHING,
        skim: Callable[[bytes | msgspec.Raw], bool] | None = None,
        **query: str,
    ) -> Iterator[dict[str, Any]]:
        """List all objects of a kind, page by page.

        Args:
            path: of the collection (``/api/v1/pods``).
            accept: form of the answer; :data:`METADATA_LIST` for metadata alone.
            skim: is shown each object as JSON; those that it says yes to are not read any further, and not given.
            query: further parameters, such as ``fieldSelector``.

        Raises:
            ApiError: after what was given before; ``absent`` where the server does not know the kind.
        """
        seen = 0
        with ThreadPoolExecutor(1, thread_name_prefix="page") as ahead:
            pages = _Pages(self, ahead, path, query, accept)
            while pages.wanted:
                found = self._page(pages, seen, self._document if skim is None else self._split)
                seen += len(found)
                for item in found:
                    if skim and isinstance(item, msgspec.Raw) and skim(item):
                        continue
                    whole = _parsed(bytes(item), path) if isinstance(item, msgspec.Raw) else item
                    if isinstance(whole, dict):
                        yield whole

    def _page(self, pages: _Pages, seen: int, read: Callable[[int, bytes, str], dict[str, Any]]) -> list[Any]:
        """Give the objects of the next page; the one after it is asked for before this one is taken apart."""
        while True:
            try:
                status, body = pages.next()
                page = read(status, body, pages.path)
            except TooLargeError:
                if not pages.shrink():
                    raise ApiError("unreadable", f"{_SMALLEST_PAGE} objects are larger than 64 MiB") from None
                continue
            except _ExpiredError as error:
                # etcd has compacted the state the pages were of; the server offers to go on with a newer one.
                if not pages.go_on(error.going_on):
                    reason = f"the listing expired after {seen} objects, and could not be taken up again"
                    raise ApiError("server", reason) from error
                continue
            # An empty list of metadata alone is written as null.
            found = page.get("items", 0)
            found = [] if found is None else found
            if not isinstance(found, list):
                raise ApiError("unreadable", f"{pages.path} gave no list")
            metadata = page.get("metadata")
            pages.follow(str(metadata.get("continue") or "") if isinstance(metadata, dict) else "")
            return found

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Give one JSON object.

        Raises:
            ApiError: it could not be read.
            TooLargeError: it is larger than 64 MiB.
        """
        return self._document(*self.raw(path, query), path)

    def _split(self, status: int, body: bytes, path: str) -> dict[str, Any]:
        """Read a page of which each object stays the JSON that it is; an odd one is read as any other answer."""
        try:
            page = _PAGES.decode(body)
        except (msgspec.MsgspecError, RecursionError):
            return self._document(status, body, path)
        return cast("dict[str, Any]", page) if status < _GOOD else self._document(status, body, path)

    def _document(self, status: int, body: bytes, path: str) -> dict[str, Any]:
        """Read an answer; a refusal becomes the error that it is."""
        try:
            document = _parsed(body, path)
        except ApiError as error:
            if status >= _GOOD:
                raise self._refused(status, {}, path) from error
            raise
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
        status, body = self.raw(path, query, limit=limit, cut=True)
        return status, body.decode("utf-8", errors="replace")

    def exec(self, namespace: str, pod: str, container: str, argv: Sequence[str]) -> Ran:
        """Run a command in a container, as little as reading: nothing is sent to it, and its output is bounded.

        Raises:
            ApiError: it could not be run, or did not end in time.
        """
        from acp_acceptance.collect.platform.streams import execute  # noqa: PLC0415 - imported slowly, needed rarely

        return execute(self.access, namespace, pod, container, argv, self._deadline)

    def fetch(self, namespace: str, pod: str, port: int, path: str) -> str:
        """Ask a port of a Pod for something over HTTP, also one that listens on its loopback address only.

        Raises:
            ApiError: it does not answer as it should.
        """
        from acp_acceptance.collect.platform.streams import fetch  # noqa: PLC0415 - as above

        return fetch(self.access, namespace, pod, port, path, self._deadline)

    def raw(  # noqa: PLR0913 - what is asked, and how
        self,
        path: str,
        query: Mapping[str, str],
        *,
        limit: int = _PAGE_BYTES,
        cut: bool = False,
        accept: str = _ANYTHING,
        first: bool = False,
    ) -> tuple[int, bytes]:
        """Give the status and the bytes of an answer, of at most ``limit`` bytes.

        ``first`` takes the first answer, whatever its status: that of something behind the API server is its own.

        Raises:
            ApiError: nothing answered.
            TooLargeError: there are more, and they were not to be cut off.
        """
        ends = time.monotonic() + self._deadline
        for attempt in range(3):
            try:
                return self._once(path, query, limit, ends, cut=cut, accept=accept, first=first)
            except urllib3.exceptions.HTTPError as error:  # noqa: PERF203 - three times
                # Nothing was changed by asking: what broke off in the middle is asked again.
                if attempt == 2 or time.monotonic() > ends or _is_final(error):  # noqa: PLR2004 - the last of three
                    raise self._unreachable(error) from error
                time.sleep(0.3 * 2**attempt)
        raise AssertionError("not reached")

    def _once(  # noqa: PLR0913 - what is asked, and how
        self, path: str, query: Mapping[str, str], limit: int, ends: float, *, cut: bool, accept: str, first: bool
    ) -> tuple[int, bytes]:
        retries = self._retries.new(**({"status": 0} if first else {}))
        retries.ends = ends
        headers: dict[str, str] = {"Accept": accept}
        parameters: list[tuple[str, str]] = []
        self.access.client.update_params_for_auth(headers, parameters, ["BearerToken"], path, "GET", None)
        words = urlencode({**query, **dict(parameters)})
        response = self._pool.request(
            "GET",
            f"{self.access.client.configuration.host.rstrip('/')}{path}{'?' if words else ''}{words}",
            headers=headers,
            retries=retries,
            timeout=Timeout(connect=_CONNECT_SECONDS, read=max(0.1, ends - time.monotonic())),
            preload_content=False,
            redirect=False,
        )
        if response.status >= _GOOD:
            # Asking again took its time; what the server refuses with is still worth reading.
            ends = max(ends, time.monotonic() + 1)
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


class _Pages:
    """The pages of one listing, each asked for as soon as its place is known.

    A server writes the place of the next page before the objects of this one, so it is known before they are read.
    """

    def __init__(self, api: Api, ahead: ThreadPoolExecutor, path: str, query: Mapping[str, str], accept: str) -> None:
        self.path = path
        self._api, self._ahead, self._query, self._accept = api, ahead, query, accept
        self._limit = PAGE
        self._grows = True
        self._before = 0
        self._restarts = 0
        self._place = ""
        self._asked: Future[tuple[int, bytes]] | None = None
        self._ask("")

    @property
    def wanted(self) -> bool:
        """There is a page that was not taken yet."""
        return self._asked is not None

    def _ask(self, place: str) -> None:
        query = {**self._query, "limit": str(self._limit), **({"continue": place} if place else {})}
        self._place, self._asked = place, self._ahead.submit(self._api.raw, self.path, query, accept=self._accept)

    def next(self) -> tuple[int, bytes]:
        """Give the answer that was asked for, and ask for the one after it."""
        assert self._asked is not None
        self._before += self._limit
        if self._grows:
            self._limit = min(_LARGEST_PAGE, max(PAGE, self._before // _PAGES_BEFORE))
        self._taken = self._place
        status, body = self._asked.result()
        following = _CONTINUE.search(body[:_HEAD]) if status < _GOOD else None
        if following and following[1]:
            self._ask(following[1].decode())
        return status, body

    def follow(self, place: str) -> None:
        """Make sure that what is asked for is the page that really follows; nothing where this was the last."""
        if not place:
            self._asked = None
        elif place != self._place:
            self._ask(place)

    def shrink(self) -> bool:
        """Ask for the same page again with fewer objects; ``False`` where they are as few as can be."""
        if self._limit == _SMALLEST_PAGE:
            return False
        self._grows = False
        self._limit = PAGE if self._limit > PAGE else _SMALLEST_PAGE
        self._ask(self._taken)
        return True

    def go_on(self, place: str) -> bool:
        """Go on after the pages expired; ``False`` where the server offers no place, or did so too often."""
        self._restarts += 1
        if not place or self._restarts > _RESTARTS:
            return False
        self._ask(place)
        return True


class _ExpiredError(Exception):
    """A page expired; ``going_on`` takes the listing up again, in a newer state."""

    def __init__(self, going_on: str) -> None:
        super().__init__(going_on)
        self.going_on = going_on


def _parsed(content: bytes, path: str) -> Any:  # noqa: ANN401 - what JSON holds
    try:
        # Twice as fast as the standard library's, and pydantic is here anyway.
        return from_json(content)
    except ValueError as error:
        raise ApiError("unreadable", f"{path} gave no JSON: {printable(str(error))}") from error


def _is_final(error: Exception) -> bool:
    """Tell an error that asking again does not mend; urllib3 has asked again by itself where nobody answered."""
    return isinstance(error, (urllib3.exceptions.MaxRetryError, urllib3.exceptions.SSLError))
