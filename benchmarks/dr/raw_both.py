"""The floor: the same collections of both sides at once, page by page, with a plain HTTP client, not looked at."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from benchmarks.paging import opened, size_of

_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

# For each page etcd counts all keys of the kind: smaller ones take a time that grows with the square of the objects.
_PAGE = 5000


def main() -> None:
    """Read the ConfigMaps of the clusters whose kubeconfigs are named; as metadata alone after ``metadata``."""
    form, *kubeconfigs = sys.argv[1:]
    accept = _METADATA if form == "metadata" else "application/json"
    with ThreadPoolExecutor(len(kubeconfigs)) as pool:
        print(f"{sum(pool.map(lambda file: _read(file, accept), kubeconfigs))} bytes")


def _read(kubeconfig: str, accept: str) -> int:
    with opened(kubeconfig) as (session, server):
        session.headers["Accept"] = accept
        return size_of(session, f"{server}/api/v1/configmaps", _PAGE)


if __name__ == "__main__":
    main()
