"""Looking for what is left of the installer: containers on its node over SSH, and its port from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.collect.knocking import INSTALLER_PORT, knock
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.conditions import conditions_of
from acp_acceptance.model.platform.installer import Installer, read_containers
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from typing import Any

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.inventory import Inventory, Node
    from acp_acceptance.model.sections import Section

_APP_RELEASES = "/apis/operator.alauda.io/v1alpha1/appreleases"


def installer_facts(
    api: Api, inventory: Inventory, cluster: str, ask_node: Callable[[Node, str], Section]
) -> Installer:
    """Look at the installer node of a cluster.

    Raises:
        CollectionError: the inventory names none.
    """
    node = next((item for item in inventory.nodes if item.cluster == cluster and item.installer), None)
    if node is None:
        raise CollectionError(
            f"the inventory names no installer node of {cluster}: put it into the group installer, "
            "so that it can be asked what is left of the installer",
            kind="unsaid",
        )
    problem = ""
    containers: dict[str, tuple[str, ...]] = {}
    failed: dict[str, str] = {}
    try:
        containers, failed = read_containers(ask_node(node, "installer"))
    except (CollectionError, OSError, ValueError) as error:
        problem = printable(f"{node.name} could not be asked for its containers: {error}")
    (port,) = knock({"": [(node.address, INSTALLER_PORT)]}, listen=0)[""].knocks
    return Installer(node.name, node.address, containers, failed, port, _begun(api), problem)


def _begun(api: Api) -> datetime | None:
    """Give the earliest time that an AppRelease knows of: the installer began its work before that.

    Where a cluster was restored from a backup its objects are new, and their conditions still tell the time.
    """
    try:
        times = [time for item in api.items(_APP_RELEASES) for time in _times_of(item)]
    except ApiError:
        return None
    return min(times, default=None)


def _times_of(release: Mapping[str, Any]) -> Iterator[datetime]:
    made = raw.time(release, "metadata", "creationTimestamp")
    yield from (time for time in (made, *(item.since for item in conditions_of(release))) if time)
