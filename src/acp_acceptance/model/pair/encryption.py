"""The keys by which both clusters encrypt what they keep in etcd (the DR guide, Step 2)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair.reached import require_reached

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.pair.side import SideFacts
    from acp_acceptance.model.software import EncryptionFile


def unlike_keys(nodes: Mapping[str, NodeFacts], owner: str, mode: str) -> Iterator[Fault]:
    """Give how the files with the keys differ between control plane nodes, or are not kept as they should be.

    Args:
        nodes: the control plane nodes of both clusters, the primary's first.
        owner: user and group that the file must belong to.
        mode: permissions that it must have.
    """
    found = {name: facts.encryption for name, facts in nodes.items() if facts.is_measured(NodeFacts.encryption)}
    absent = [name for name, file in found.items() if not file.present]
    if absent:
        yield "absent", {"nodes": absent}
    there = {name: file for name, file in found.items() if file.present}
    yield from _other_digests(there)
    for name, file in there.items():
        if (file.owner, file.mode) != (owner, mode):
            yield "rights", {"node": name, "owner": file.owner, "mode": file.mode}
        twice = [key for key, count in Counter(file.key_names).items() if count > 1]
        if twice:
            yield "names_twice", {"node": name, "names": sorted(twice)}


def _other_digests(files: Mapping[str, EncryptionFile]) -> Iterator[Fault]:
    """Compare with the first node's, which is the primary's where that has one."""
    digests = [file.digest for file in files.values()]
    if len(set(digests)) > 1:
        same = [name for name, file in files.items() if file.digest == digests[0]]
        yield "differs", {"nodes": [name for name in files if name not in same], "others": same}


def require_all(nodes: Mapping[str, NodeFacts]) -> None:
    """Make sure that the file was looked at on every control plane node of both clusters.

    Raises:
        CollectionError: it was not, or the inventory names none.
    """
    require_reached(nodes)
    for name, facts in nodes.items():
        try:
            file = facts.encryption
        except CollectionError as error:
            raise CollectionError(f"{name}: {error}", kind=error.kind) from error
        if file.present and not file.key_names:
            raise CollectionError(f"{name}: the file names no key that could be read")


def not_deterministic(primary: SideFacts, standby: SideFacts, wanted: str) -> Iterator[Fault]:
    """Give what keeps the Encryption Managers of both sides from writing the same for the same (acp-resources).

    Args:
        primary: one side.
        standby: the other.
        wanted: the mode that both must be in.

    Raises:
        CollectionError: a side does not say its own.
    """
    for side in (primary, standby):
        mode = side.said.one("encryption_mode")
        if mode != wanted:
            yield "mode", {"cluster": side.target, "value": mode or "(empty)"}
    here, there = (side.said.one("encryption_group") for side in (primary, standby))
    if here != there or not here:
        yield "group", {"primary": here or "(empty)", "standby": there or "(empty)"}
    marks = [side.said.one("encryption_root_key") for side in (primary, standby)]
    if len(set(marks)) > 1 or not marks[0]:
        yield "root_key", {}
