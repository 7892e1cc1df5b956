"""What users made in namespaces that are not synchronised, and the backups that there are of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.pair.consistency import scope_of
from acp_acceptance.collect.pair.objects import kinds_of, metadata_of
from acp_acceptance.collect.platform.api import METADATA_LIST, TooLargeError
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.pair.excluded import Backup, UserObjects, carries, made_by_user
from acp_acceptance.model.pair.keys import Grouping
from acp_acceptance.model.platform import raw
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from acp_acceptance.collect.pair.objects import Kind
    from acp_acceptance.collect.pair.subjects import Side
    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.model.pair.comparison import Scope

_AT_ONCE = 4
_BACKUPS = "/apis/velero.io/v1/backups"
_ID = "dr.excluded-namespaces.backup"


def user_objects(side: Side) -> dict[str, object]:
    """Look through the excluded namespaces for what users made; metadata alone is read."""
    requirements = load_catalogue().releases[side.inventory.site.release].requirements
    values, scope = requirements[_ID], scope_of(requirements["dr.sync.independent"])
    looking = _Looking(side.api, scope, values)
    kinds = kinds_of(side.api)
    looking.unlisted |= kinds.unknown
    chosen = [
        kind
        for kind in kinds.items.values()
        if kind.namespaced and kind.name not in values["ignored_kinds"] and scope.has_kind(kind.name, namespaced=True)
    ]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="user-objects") as pool:
        for _ in pool.map(looking.look, chosen):
            pass
    found = UserObjects(
        looking.objects, looking.grouping.result(), looking.grouping.total, tuple(_backups(side.api)), looking.unlisted
    )
    return {"user_objects": found}


class _Looking:
    def __init__(self, api: Api, scope: Scope, values: Mapping[str, Any]) -> None:
        self._api, self._values = api, values
        # Namespace by namespace: the others may hold very much, and it is not theirs that is asked for.
        names = {raw.text(item, "metadata", "name") for item in api.items("/api/v1/namespaces", accept=METADATA_LIST)}
        self._excluded = [name for name in scope.excluded_namespaces if name in names]
        self._lock = Lock()
        self.objects = 0
        self.grouping = Grouping()
        self.unlisted: dict[str, str] = {}

    def look(self, kind: Kind) -> None:
        """Look through the objects of a kind."""
        try:
            for namespace in self._excluded:
                for _, name, metadata in metadata_of(self._api, kind, within=namespace):
                    self._take(kind, namespace, name, metadata)
        except ApiError as error:
            self.unlisted[kind.name] = error.reason
        except TooLargeError:
            self.unlisted[kind.name] = "an answer is larger than 64 MiB"

    def _take(self, kind: Kind, namespace: str, name: str, metadata: Mapping[str, Any]) -> None:
        with self._lock:
            self.objects += 1
        ignored = carries(metadata, self._values["ignored_labels"]) or any(
            fnmatchcase(f"{kind.name}/{name}", item) for item in self._values["ignored_objects"]
        )
        if not ignored and made_by_user(metadata, self._values["managers"], self._values["marks"]):
            with self._lock:
                self.grouping.add(kind.name, namespace, name)


def _backups(api: Api) -> Iterator[Backup]:
    """Give the backups that came to their end; where Velero is not installed there are none."""
    try:
        for found in api.items(_BACKUPS):
            completed = raw.time(found, "status", "completionTimestamp")
            if completed and raw.text(found, "status", "phase") == "Completed":
                yield Backup(
                    raw.name_of(found),
                    completed,
                    _names(found, "includedNamespaces"),
                    _names(found, "excludedNamespaces"),
                )
    except ApiError as error:
        if error.kind != "absent":
            raise


def _names(found: Mapping[str, Any], field: str) -> tuple[str, ...]:
    return tuple(raw.text({"name": item}, "name") for item in raw.items(found, "spec", field))
