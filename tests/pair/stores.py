"""Two API servers whose stores are written to directly, as a mirror writes to the standby's."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from lab.control_plane import ApiServer

_PKI = "etc/kubernetes/pki"
_SECONDS = 30.0
_AT_ONCE = 100


class Store:
    """The etcd of an API server, through its JSON gateway."""

    def __init__(self, plane: ApiServer) -> None:
        (node,) = plane.nodes.values()
        root = Path(f"/proc/{node.pid}/root") / _PKI
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(root / "etcd" / "ca.crt")
        self._session.cert = (str(root / "apiserver-etcd-client.crt"), str(root / "apiserver-etcd-client.key"))
        self._url = f"https://{node.address}:2379/v3/kv"

    def below(self, prefix: str) -> dict[str, bytes]:
        """Give all that is stored below a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        found = self._ask("range", key=_encoded(prefix.encode()), range_end=_encoded(end.encode())).get("kvs", [])
        return {base64.b64decode(item["key"]).decode(): base64.b64decode(item["value"]) for item in found}

    def put(self, entries: dict[str, bytes]) -> None:
        """Write keys as they are."""
        puts = [
            {"requestPut": {"key": _encoded(key.encode()), "value": _encoded(value)}} for key, value in entries.items()
        ]
        for start in range(0, len(puts), _AT_ONCE):
            self._ask("txn", success=puts[start : start + _AT_ONCE])

    def delete(self, key: str) -> None:
        """Remove a key."""
        self._ask("deleterange", key=_encoded(key.encode()))

    def delete_below(self, prefix: str) -> None:
        """Remove all keys below a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        self._ask("deleterange", key=_encoded(prefix.encode()), range_end=_encoded(end.encode()))

    def _ask(self, what: str, **document: Any) -> Any:
        answer = self._session.post(f"{self._url}/{what}", json=document, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.json()


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
