"""The releases of Kubernetes that the lab runs, and what belongs to each."""

from __future__ import annotations

from dataclasses import dataclass

from lab.programs import LabError


@dataclass(frozen=True)
class Release:
    """A release of Kubernetes with its etcd and CoreDNS.

    Attributes:
        minor: as people say it: ``1.34``.
        kubernetes: the full version.
        etcd: version of etcd.
        coredns: version of CoreDNS.
    """

    minor: str
    kubernetes: str
    etcd: str
    coredns: str = "1.12.1"


RELEASES = {
    release.minor: release
    for release in (
        # The newest that ACP 4.0 creates, and the one of 4.3.
        Release("1.31", kubernetes="1.31.0", etcd="3.5.15"),
        Release("1.34", kubernetes="1.34.4", etcd="3.6.4"),
    )
}
OLDEST, NEWEST = "1.31", "1.34"


def release_of(minor: str) -> Release:
    """Give a release by its minor version.

    Raises:
        LabError: there is none; says which there are.
    """
    if minor not in RELEASES:
        raise LabError(f"the lab has no Kubernetes {minor}; it has {', '.join(RELEASES)}")
    return RELEASES[minor]
