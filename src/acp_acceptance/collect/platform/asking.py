"""Asking the platform's ports from this machine: TLS handshake, HTTP. Trouble is an answer, and no error."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from acp_acceptance.model.text import is_address, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BODY = 2**16
_REDIRECTIONS = 5
_REDIRECTED = {301, 302, 303, 307, 308}
_CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Handshake:
    """A TLS handshake: the certificates that were served, in DER form, or why it failed."""

    chain: tuple[bytes, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: ``None`` where none came, and ``failure`` says why.
        path: of what answered, after redirections within the same host.
        body: its first 64 KiB, as text.
        untrusted: it failed since the server's certificate could not be verified.
    """

    status: int | None
    path: str
    body: str = ""
    failure: str = ""
    untrusted: bool = False


def url_of(address: str, port: int, path: str = "/", scheme: str = "https") -> str:
    """Make a URL; an IPv6 address gets its brackets."""
    host = f"[{address}]" if ":" in address else address
    return f"{scheme}://{host}:{port}{path}"


def shake_hands(address: str, port: int, seconds: float, name: str = "") -> Handshake:
    """Make a TLS handshake, and keep what was served; nothing is verified here, so that what is wrong can be said.

    ``name`` is whom the server is asked for; the address itself, where that is a name, unless said.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, port), min(seconds, _CONNECT_SECONDS)) as plain,
            _ended_after(plain, seconds),
            context.wrap_socket(plain, server_hostname=name or (None if is_address(address) else address)) as secured,
        ):
            return Handshake(_chain_of(secured))
    except (OSError, ValueError) as error:
        return Handshake(failure=_words(error))


def _chain_of(secured: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Give the certificates that were served; Python has a public way to them from 3.13 on."""
    public = getattr(secured, "get_unverified_chain", None)
    chain: Any = public() if public else secured._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # noqa: SLF001 - as said
    return tuple(
        item if isinstance(item, bytes) else ssl.PEM_cert_to_DER_cert(item.public_bytes()) for item in chain or ()
    )


@contextmanager
def _ended_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """End a connection after some time, however slowly the other side goes on."""

    def end() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _SignedOnly(HTTPAdapter):
    """Verifies who signed a server's certificate, and not which names it is for: that is a requirement of its own."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - requests' own
        super().init_poolmanager(*arguments, **options, assert_hostname=False)


def ask(
    url: str,
    seconds: float,
    *,
    authority: str | None = None,
    client_certificate: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Ask for a URL, and follow redirections within the same host.

    Args:
        url: that is asked for.
        seconds: until the answer's end.
        authority: file of the CA that must have signed the server's certificate; ``None`` to verify nothing.
        client_certificate: files of a certificate and its key; only with ``authority``.
        headers: to be sent; only with ``authority``.
    """
    if (client_certificate or headers) and not authority:
        raise ValueError("credentials are only for a server that is known")
    with requests.Session() as session:
        # Neither a proxy nor a .netrc of this machine: the ports were tried directly, too.
        session.trust_env = False
        session.verify = authority or False
        session.cert = client_certificate
        session.headers.update({"Accept-Encoding": "identity", **(headers or {})})
        if authority:
            session.mount("https://", _SignedOnly())
        return _followed(session, url, time.monotonic() + seconds)


def _followed(session: requests.Session, url: str, ends: float) -> Answer:
    for _ in range(_REDIRECTIONS):
        path = printable(urlsplit(url).path or "/", limit=200)
        try:
            answer, onward = _once(session, url, path, ends)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Answer(None, path, failure=_words(error), untrusted="CERTIFICATE_VERIFY_FAILED" in str(error))
        if not onward:
            return answer
        url = onward
    return Answer(None, path, failure=f"it redirects more than {_REDIRECTIONS} times")


def _once(session: requests.Session, url: str, path: str, ends: float) -> tuple[Answer, str]:
    """Ask once; gives the answer, and where it redirects to within the same host, or nothing."""
    left = max(0.1, ends - time.monotonic())
    with session.get(url, timeout=(min(left, _CONNECT_SECONDS), left), stream=True, allow_redirects=False) as response:
        onward = urljoin(url, response.headers.get("Location", ""))
        if response.status_code in _REDIRECTED and urlsplit(onward).netloc == urlsplit(url).netloc:
            return Answer(response.status_code, path), onward
        body = bytearray()
        for part in response.iter_content(2**12):
            body += part
            if len(body) >= _BODY:
                break
            if time.monotonic() > ends:
                return Answer(None, path, failure="its answer did not end in time"), ""
        return Answer(response.status_code, path, bytes(body[:_BODY]).decode("utf-8", "replace")), ""


def _words(error: BaseException) -> str:
    """Say an error in the words of its innermost cause."""
    seen = 0
    while seen < 10:  # noqa: PLR2004 - errors wrap each other a few times at most
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((item for item in error.args if isinstance(item, BaseException)), None)
        if inner is None:
            break
        error, seen = inner, seen + 1
    if isinstance(error, ssl.SSLError):
        return printable(getattr(error, "verify_message", "") or (error.reason or str(error)).replace("_", " ").lower())
    return printable(str(error)) or type(error).__name__
