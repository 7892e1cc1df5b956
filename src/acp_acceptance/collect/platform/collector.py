"""Collecting one installed cluster: everything that is asked of its API, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.resources import LISTINGS, read
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.platform import PlatformFacts, raw
from acp_acceptance.model.platform.api_server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from acp_acceptance.collect.platform.access import Access
    from acp_acceptance.collect.platform.resources import Listing

    Tell = Callable[[str, str, int, int], None]

_AT_ONCE = 8


class PlatformCollector:
    """Collects one cluster.

    Args:
        cluster: its name in the inventory.
        access: the way to its API.
        deadline: seconds for each answer.
    """

    def __init__(self, cluster: str, access: Access, deadline: float) -> None:
        self._cluster = cluster
        self._api = Api(access, deadline)

    @property
    def api(self) -> Api:
        """The API, for what is more than a listing."""
        return self._api

    def meet(self) -> ApiServer:
        """Ask the server what it is; everything else is asked only of one that answers.

        Raises:
            ApiError: it does not answer, or does not let this user in.
        """
        unknown: dict[str, str] = {}
        version = self._allowed("version", "/version", unknown)
        groups = self._allowed("kinds", "/apis", unknown)
        nodes = self._allowed("nodes", "/api/v1/nodes", unknown, limit="1")
        known = {raw.text(item, "name") for item in raw.items(groups, "groups")}
        return ApiServer(
            server=self._api.access.server,
            source=self._api.access.source,
            version=raw.text(version, "gitVersion"),
            platform=None if "kinds" in unknown else "operator.alauda.io" in known,
            nodes=None
            if "nodes" in unknown
            else len(raw.items(nodes, "items")) + (raw.number(nodes, "metadata", "remainingItemCount") or 0),
            unknown=unknown,
        )

    def _allowed(self, what: str, path: str, unknown: dict[str, str], **query: str) -> dict[str, Any]:
        """Ask something; where this user may not, that is kept, and no reason not to ask the rest."""
        try:
            return self._api.get(path, **query)
        except ApiError as error:
            if error.kind != "forbidden":
                raise
            unknown[what] = error.reason
            return {}

    def collect(self, server: ApiServer, tell: Tell) -> PlatformFacts:
        """Read everything; what could not be read is a problem in its place."""
        return PlatformFacts(self._cluster, {"api_server": server, **self.listed(LISTINGS, tell)})

    def listed(self, listings: Sequence[Listing], tell: Tell) -> dict[str, Any]:
        """Read some of the listings side by side."""
        found: dict[str, Any] = {}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="platform") as pool:
            running = {pool.submit(read, self._api, listing): listing.fact for listing in listings}
            try:
                for done in as_completed(running):
                    found[running[done]] = done.result()
                    tell(self._cluster, running[done], len(found), len(listings))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return found


def unreached(cluster: str, error: ApiError) -> PlatformFacts:
    """Give the facts of a cluster whose API could not be reached: the reason in the place of each."""
    return PlatformFacts(cluster, dict.fromkeys(PlatformFacts.declared(), Problem("unreachable", error.reason)))
