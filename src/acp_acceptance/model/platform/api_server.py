"""The API server that answered: which cluster a run is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from acp_acceptance.model.measurement import CollectionError


@dataclass(frozen=True)
class ApiServer:
    """The API server, and how it was reached.

    Attributes:
        server: its address (``https://192.0.2.10:6443``).
        source: whence that is known: the kubeconfig and its context, the Pod this runs in, or a node.
        version: of Kubernetes (``v1.33.4``); empty where this user may not know.
        platform: AppReleases are known to it, as in every cluster of the platform; ``None`` likewise.
        nodes: how many it has; ``None`` likewise.
        unknown: why, for ``version``, ``kinds`` and ``nodes``.
    """

    server: str
    source: str
    version: str
    platform: bool | None
    nodes: int | None
    unknown: Mapping[str, str] = field(default_factory=dict)


def minor_release(server: ApiServer) -> str:
    """Give the minor release of Kubernetes that a server is of (``1.33`` of ``v1.33.4-alauda.2``).

    Raises:
        CollectionError: it is not known.
    """
    found = re.match(r"v?(\d+\.\d+)(?:[.+-]|$)", server.version)
    if found is None:
        reason = server.unknown.get("version") or server.version or "it says none"
        raise CollectionError(f"the API server's version is not known: {reason}", kind="unclear")
    return found[1]
