"""The API server that answered: which cluster a run is about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from acp_acceptance.model.measurement import CollectionError


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


def minor_release(version: str) -> str:
    """Give the minor release of a version of Kubernetes.

    >>> minor_release("v1.33.4-alauda.2")
    '1.33'

    Raises:
        CollectionError: it is no version.
    """
    found = re.match(r"v?(\d+\.\d+)(?:[.+-]|$)", version)
    if found is None:
        raise CollectionError(f"the API server's version is not known: {version or 'it says none'}")
    return found[1]
