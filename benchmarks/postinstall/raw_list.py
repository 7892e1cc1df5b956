"""The floor: the same collections, page by page, with a plain HTTP client. What comes is counted, and not looked at."""

from __future__ import annotations

import sys

from benchmarks.paging import opened, size_of


def main() -> None:
    """Read the collections that are named after the kubeconfig, which has files of certificates."""
    kubeconfig, *paths = sys.argv[1:]
    with opened(kubeconfig) as (session, server):
        size = sum(size_of(session, f"{server}{path}") for path in paths)
    print(f"{size} bytes")


if __name__ == "__main__":
    main()
