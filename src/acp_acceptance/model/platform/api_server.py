"""The API server that answered: which cluster a run is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiServer:
    """The API server, and how it was reached.

    Attributes:
        server: its address (``https://192.0.2.10:6443``).
        source: whence that is known: the kubeconfig and its context, the Pod this runs in, or a node.
        version: of Kubernetes (``v1.33.4``).
        platform: AppReleases are known to it, as in every cluster of the platform.
        nodes: how many it has.
    """

    server: str
    source: str
    version: str
    platform: bool
    nodes: int
