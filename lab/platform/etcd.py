"""etcd's own interface, for faults: its JSON gateway, with the certificates that lie on the node."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import requests

from lab.platform.plane import run_on
from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.control_plane import ApiServer
    from lab.nodes import LabNode

PKI = "/etc/kubernetes/pki/etcd"
_SECONDS = 60.0
_VALUE = 1 << 20

Answer = dict[str, Any]


def encoded(data: bytes | str) -> str:
    """Give bytes, or a key, as the gateway takes them."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode("ascii")


class Etcd:
    """One member, asked as its own server is: by the node's certificate."""

    def __init__(self, address: str, session: requests.Session) -> None:
        self._address = address
        self._session = session

    def ask(self, path: str, **words: Any) -> Answer:  # noqa: ANN401 - what JSON holds
        """Ask something, such as ``cluster/member/list``.

        Raises:
            LabError: it did not answer, or refused.
        """
        try:
            answer = self._session.post(f"https://{self._address}:2379/v3/{path}", json=words, timeout=_SECONDS)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise LabError(f"etcd at {self._address}, {path}: {error}") from error
        said: Answer = answer.json()
        return said

    def members(self) -> list[Answer]:
        """Give its members."""
        found: list[Answer] = self.ask("cluster/member/list").get("members", [])
        return found

    def fill(self, key: str, mebibytes: int) -> None:
        """Write a key again and again, each time with a mebibyte: what is overwritten is kept."""
        value = encoded(bytes(_VALUE))
        # Some at once: each waits for the disk by itself.
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(self.ask, "kv/put", key=encoded(key), value=value) for _ in range(mebibytes)]:
                done.result()

    def forget(self, key: str) -> None:
        """Delete a key, and what was kept of it."""
        gone = self.ask("kv/deleterange", key=encoded(key))
        self.ask("kv/compaction", revision=gone["header"]["revision"], physical=True)
        self.ask("maintenance/defragment")


@contextmanager
def etcd_of(node: LabNode) -> Iterator[Etcd]:
    """Ask the etcd member of a node."""
    with TemporaryDirectory(prefix="acp-lab-etcd-") as folder, requests.Session() as session:
        paths = []
        for name in ("ca.crt", "server.crt", "server.key"):
            path = Path(folder) / name
            path.touch(mode=0o600)
            path.write_text(run_on(node, f"cat {PKI}/{name}"), encoding="ascii")
            paths.append(str(path))
        session.trust_env = False
        session.verify = paths[0]
        session.cert = (paths[1], paths[2])
        yield Etcd(node.address, session)


def etcd_behind(plane: ApiServer) -> Etcd:
    """Ask the only member of an API server's etcd, as that server does, as long as it runs."""
    (node,) = plane.nodes.values()
    root = Path(f"/proc/{node.pid}/root/etc/kubernetes/pki")
    session = requests.Session()
    session.trust_env = False
    session.verify = str(root / "etcd" / "ca.crt")
    session.cert = (str(root / "apiserver-etcd-client.crt"), str(root / "apiserver-etcd-client.key"))
    return Etcd(node.address, session)
