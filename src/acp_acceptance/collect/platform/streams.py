"""Exec in a container and a port of a Pod, through the API server's websockets: bounded in time and in size."""

from __future__ import annotations

import io
import json
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import websocket
from kubernetes.stream import ws_client

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from acp_acceptance.collect.platform.access import Access
    from acp_acceptance.model.measurement import ProblemKind

# The package's own way with these connections; it has no annotations.
_package: Any = ws_client

_PROTOCOL = "v4.channel.k8s.io"
_STDOUT, _STDERR, _ERROR = 1, 2, 3
_DATA = 0
_REQUEST = "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
_LIMIT = 4 * 2**20
_TLS_PIECE = 2**14
_KINDS: dict[int, ProblemKind] = {401: "unauthorised", 403: "forbidden", 404: "absent"}
_GOOD = 200


@dataclass(frozen=True)
class Ran:
    """What a command in a container printed, and its exit status."""

    status: int
    stdout: str
    stderr: str


def execute(  # noqa: PLR0913, PLR0917 - where, what, how long
    access: Access, namespace: str, pod: str, container: str, argv: Sequence[str], seconds: float
) -> Ran:
    """Run a command in a container; nothing secret may stand among its words, which the API server may log.

    Raises:
        ApiError: it could not be run, did not end in time, or printed more than 4 MiB.
    """
    words = [("command", word) for word in argv]
    query = [*words, ("container", container), ("stdout", "true"), ("stderr", "true")]
    what = f"exec of {argv[0]} in {namespace}/{pod}"
    with _connected(access, namespace, pod, "exec", query, seconds, what) as connection:
        return _result(_received(connection, time.monotonic() + seconds, what), what)


def fetch(  # noqa: PLR0913, PLR0917 - where, what, how long
    access: Access, namespace: str, pod: str, port: int, path: str, seconds: float
) -> str:
    """Ask a port of a Pod for something over plain HTTP, also one that listens on its loopback address only.

    Raises:
        ApiError: it does not answer as it should.
    """
    status, body = ask_port(access, namespace, pod, port, path, seconds)
    if status != _GOOD:
        what = f"port {port} of {namespace}/{pod}"
        raise ApiError("unreadable", f"{what} answered {path} with status {status} and {len(body)} bytes")
    return body.decode("utf-8", "replace")


def ask_port(  # noqa: PLR0913, PLR0917 - where, what, how long
    access: Access,
    namespace: str,
    pod: str,
    port: int,
    path: str,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    *,
    secured: bool = False,
) -> tuple[int, bytes]:
    """Ask a port of a Pod for something over HTTP, and give the status and the body of its answer.

    Args:
        access: the way to the API server, through which it is asked.
        namespace: of the Pod.
        pod: its name.
        port: number.
        path: that is asked for.
        seconds: for all of it.
        headers: to be sent.
        secured: by TLS; whose certificate it is, is not verified, since the API server has found the Pod.

    Raises:
        ApiError: it does not answer, or with more than 4 MiB.
    """
    what = f"port {port} of {namespace}/{pod}"
    request = _REQUEST.format(
        path=path, headers="".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    )
    with _connected(access, namespace, pod, "portforward", [("ports", str(port))], seconds, what) as connection:
        forwarded = _Forwarded(connection, time.monotonic() + seconds)
        try:
            stream = Secured(forwarded, forwarded.send) if secured else forwarded
            stream.send(request.encode("ascii"))
            response = HTTPResponse(stream)  # type: ignore[arg-type] # all that it asks of a socket
            response.begin()
            body = response.read(_LIMIT + 1)
        except (OSError, HTTPException, websocket.WebSocketException) as error:
            reason = forwarded.refusal or str(error) or type(error).__name__
            raise ApiError("unreachable", f"{what} gave no answer: {printable(reason)}") from error
    if len(body) > _LIMIT:
        raise ApiError("unreadable", f"{what} answered {path} with more than {_LIMIT // 2**20} MiB")
    return response.status, body


class _Forwarded(io.RawIOBase):
    """What a forwarded port says, as a stream. The first frame of each channel says the port, in two bytes.

    The package has a way of its own, with a thread that outlives the connection and complains of its end.
    """

    def __init__(self, connection: websocket.WebSocket, ends: float) -> None:
        self._connection = connection
        self._ends = ends
        self._begun: set[int] = set()
        self._waiting = b""
        self.refusal = ""

    def send(self, content: bytes) -> None:
        """Send something to the port."""
        self._connection.send_binary(bytes([_DATA]) + content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give the stream, as a socket would."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Read some bytes; none is the end."""
        while not self._waiting:
            self._connection.settimeout(max(0.01, self._ends - time.monotonic()))
            try:
                code, data = self._connection.recv_data()
            except websocket.WebSocketConnectionClosedException:
                return 0
            if code == websocket.ABNF.OPCODE_CLOSE:
                return 0
            channel, content = data[0] if data else _DATA, data[1:]
            if channel not in self._begun:
                self._begun.add(channel)
                content = content[2:]
            if channel != _DATA and content:
                self.refusal = content.decode("utf-8", "replace")
                return 0
            self._waiting = bytes(content)
        taken, self._waiting = self._waiting[: len(buffer)], self._waiting[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


class Secured(io.RawIOBase):
    """TLS over something that is read as a stream and sent to in pieces; made, it has shaken hands.

    Args:
        inner: is read.
        send: sends to it.

    Raises:
        OSError: the other side does not shake hands.
    """

    def __init__(self, inner: io.RawIOBase, send: Callable[[bytes], None]) -> None:
        import ssl  # noqa: PLC0415 - rarely needed

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._inner, self._send = inner, send
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._wants_more = (ssl.SSLWantReadError,)
        self._closed_by = (ssl.SSLZeroReturnError, ssl.SSLEOFError)
        self._tls = context.wrap_bio(self._incoming, self._outgoing)
        self._until_done(self._tls.do_handshake)

    def send(self, content: bytes) -> None:
        """Send something, encrypted."""
        self._until_done(lambda: self._tls.write(content))

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give the stream, as a socket would."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Read some bytes; none is the end."""
        try:
            content: bytes = self._until_done(lambda: self._tls.read(len(buffer)))
        except self._closed_by:
            return 0
        buffer[: len(content)] = content
        return len(content)

    def _until_done(self, action: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the action gives
        while True:
            try:
                found = action()
            except self._wants_more:
                self._flush()
                received = self._inner.read(_TLS_PIECE)
                if received:
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
                continue
            self._flush()
            return found

    def _flush(self) -> None:
        if waiting := self._outgoing.read():
            self._send(waiting)


@contextmanager
def _connected(  # noqa: PLR0913, PLR0917 - a connection's parts
    access: Access, namespace: str, pod: str, verb: str, query: list[tuple[str, str]], seconds: float, what: str
) -> Iterator[websocket.WebSocket]:
    settings = access.client.configuration
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/{verb}"
    url = _package.get_websocket_url(settings.host.rstrip("/") + path, query)
    headers: dict[str, str] = {}
    access.client.update_params_for_auth(headers, [], ["BearerToken"], path, "GET", None)
    options: dict[str, Any] = {"header": [f"{name}: {value}" for name, value in headers.items()]}
    if settings.proxy:
        options = _package.websocket_proxycare(options, settings, url, headers)
    else:
        # As the other questions to the API: by no proxy that only the environment knows.
        options["http_no_proxy"] = ["*"]
    try:
        connection = websocket.create_connection(
            url, timeout=seconds, sslopt=_tls(settings), subprotocols=[_PROTOCOL], **options
        )
    except websocket.WebSocketBadStatusException as error:
        raise _refused(error, what) from error
    except (websocket.WebSocketException, OSError, ValueError) as error:
        raise ApiError("unreachable", f"{what} could not be begun: {printable(str(error))}") from error
    try:
        yield connection
    except (websocket.WebSocketException, OSError) as error:
        raise ApiError("unreachable", f"{what} broke off: {printable(str(error)) or type(error).__name__}") from error
    finally:
        with suppress(websocket.WebSocketException, OSError):
            connection.close(timeout=1)


def _tls(settings: Any) -> dict[str, Any]:  # noqa: ANN401 - the package's configuration
    """Verify the API server as the other questions to it do."""
    import ssl  # noqa: PLC0415 - its constants only

    options: dict[str, Any] = {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    if settings.verify_ssl:
        options = {"cert_reqs": ssl.CERT_REQUIRED}
        if settings.ssl_ca_cert:
            options["ca_certs"] = settings.ssl_ca_cert
        if settings.assert_hostname is not None:
            options["check_hostname"] = bool(settings.assert_hostname)
    for option, value in (
        ("certfile", settings.cert_file),
        ("keyfile", settings.key_file),
        ("server_hostname", settings.tls_server_name),
    ):
        if value:
            options[option] = value
    return options


def _refused(error: websocket.WebSocketBadStatusException, what: str) -> ApiError:
    """Say a refusal in the API server's own words, which name the missing right."""
    body = error.resp_body
    try:
        said = raw.text(json.loads(body), "message") if body else ""
    except ValueError:
        said = printable(body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body))
    kind = _KINDS.get(error.status_code, "server")
    hint = "; give this user that right (deploy/rbac.yaml holds all)" if kind == "forbidden" else ""
    return ApiError(kind, f"{what} was refused with status {error.status_code}: {said or 'nothing more'}{hint}")


def _received(connection: websocket.WebSocket, ends: float, what: str) -> dict[int, bytearray]:
    """Receive all channels until the other side closes them."""
    channels: dict[int, bytearray] = {}
    size = 0
    while True:
        left = ends - time.monotonic()
        if left <= 0:
            raise ApiError("deadline", f"{what} did not end in time")
        connection.settimeout(left)
        try:
            code, data = connection.recv_data()
        except websocket.WebSocketTimeoutException as error:
            raise ApiError("deadline", f"{what} did not end in time") from error
        except websocket.WebSocketConnectionClosedException:
            return channels
        if code == websocket.ABNF.OPCODE_CLOSE:
            return channels
        if data:
            size += len(data)
            if size > _LIMIT:
                raise ApiError("unreadable", f"{what} printed more than {_LIMIT // 2**20} MiB")
            channels.setdefault(data[0], bytearray()).extend(data[1:])


def _result(channels: dict[int, bytearray], what: str) -> Ran:
    """Take the channels apart: the error channel says how it ended."""
    try:
        ending = json.loads(bytes(channels.get(_ERROR, b"")))
    except ValueError as error:
        raise ApiError("unreachable", f"{what} broke off before its end was said") from error
    causes = {raw.text(item, "reason"): raw.text(item, "message") for item in raw.items(ending, "details", "causes")}
    if raw.text(ending, "status") == "Success":
        status = 0
    elif causes.get("ExitCode", "").isdigit():
        status = int(causes["ExitCode"])
    else:
        raise ApiError("server", f"{what} failed: {raw.text(ending, 'message') or 'nothing more is said'}")
    stdout, stderr = (bytes(channels.get(number, b"")).decode("utf-8", "replace") for number in (_STDOUT, _STDERR))
    return Ran(status, stdout, stderr)
