"""Keys of etcd, as faults take them away: past the API server, which sees it as it would see another member's write."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from lab.platform.etcd import encoded, etcd_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.pair.side import Side

ROOT = "/registry/"


def delete(side: Side, keys: Iterable[str]) -> None:
    """Delete keys from a side's etcd."""
    with etcd_of(side.node(0)) as etcd:
        for key in keys:
            etcd.ask("kv/deleterange", key=encoded(key))


def copy(source: Side, target: Side, keys: Iterable[str]) -> None:
    """Write keys that one side has to the other's etcd."""
    with etcd_of(source.node(0)) as there, etcd_of(target.node(0)) as here:
        for key in keys:
            for pair in there.ask("kv/range", key=encoded(key)).get("kvs", []):
                here.ask("kv/put", key=encoded(key), value=pair["value"])


def keys(side: Side) -> set[str]:
    """Give all keys of a side's etcd that are Kubernetes'."""
    end = ROOT[:-1] + chr(ord("/") + 1)
    with etcd_of(side.node(0)) as etcd:
        found = etcd.ask("kv/range", key=encoded(ROOT), range_end=encoded(end), keys_only=True).get("kvs", [])
    return {base64.b64decode(pair["key"]).decode() for pair in found}


def value(side: Side, key: str) -> bytes:
    """Give what a side's etcd holds at a key.

    Raises:
        KeyError: there is no such key.
    """
    with etcd_of(side.node(0)) as etcd:
        found = etcd.ask("kv/range", key=encoded(key)).get("kvs", [])
    if not found:
        raise KeyError(key)
    return base64.b64decode(found[0]["value"])
