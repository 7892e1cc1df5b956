"""Two API servers whose stores are written to directly, as a mirror writes to the standby's."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from lab.platform.etcd import encoded, etcd_behind

if TYPE_CHECKING:
    from lab.control_plane import ApiServer

_AT_ONCE = 100


class Store:
    """The etcd of an API server, through its JSON gateway."""

    def __init__(self, plane: ApiServer) -> None:
        self._etcd = etcd_behind(plane)

    def below(self, prefix: str) -> dict[str, bytes]:
        """Give all that is stored below a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        found = self._etcd.ask("kv/range", key=encoded(prefix), range_end=encoded(end)).get("kvs", [])
        return {base64.b64decode(item["key"]).decode(): base64.b64decode(item["value"]) for item in found}

    def put(self, entries: dict[str, bytes]) -> None:
        """Write keys as they are."""
        puts = [{"requestPut": {"key": encoded(key), "value": encoded(value)}} for key, value in entries.items()]
        for start in range(0, len(puts), _AT_ONCE):
            self._etcd.ask("kv/txn", success=puts[start : start + _AT_ONCE])

    def delete(self, key: str) -> None:
        """Remove a key."""
        self._etcd.ask("kv/deleterange", key=encoded(key))

    def delete_below(self, prefix: str) -> None:
        """Remove all keys below a prefix."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        self._etcd.ask("kv/deleterange", key=encoded(prefix), range_end=encoded(end))
