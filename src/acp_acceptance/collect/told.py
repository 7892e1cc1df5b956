"""What the probe is told of the site on each node, and the time that this may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.inventory import Inventory, Node

_DIGESTS = {"sha256": "sha256sum", "md5": "md5sum"}
_KEPT_SECONDS = 30
_LEAST_SECONDS = 5


def probe_values(inventory: Inventory, lists: Mapping[str, str], node: Node) -> dict[str, str]:
    """Give the values for a node's probe.

    Args:
        inventory: the site.
        lists: what is looked for on every node.
        node: the node; only the one that the package lies on is told of that, and none of plain hosts.
    """
    asked = node.installer and inventory.path is not None
    package = inventory.site.package
    kind = (package.checksum or "").partition(":")[0]
    values = {
        "package_folder": package.folder,
        "package_file": package.file,
        "package_digest": _DIGESTS.get(kind),
        "package_signature": package.signature,
        "package_keyring": package.keyring,
    }
    # Said also where they are empty: the login shell could have variables of these names.
    return {**lists, **{name: value or "" if asked else "" for name, value in values.items()}}


def proof_seconds(deadline: float) -> int:
    """Give the time for reading the whole package: what the deadline leaves, since the node is not to miss that."""
    return max(_LEAST_SECONDS, int(deadline) - _KEPT_SECONDS)
