"""Reading what the platform says of its own backups of etcd."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.pair.backup import Backup
from acp_acceptance.model.platform import raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.pair.subjects import Side

_OBJECT = "/apis/enhancement.cluster.alauda.io/v1/etcdbackupconfigurations/etcd-backup-default"
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


def backup(side: Side) -> dict[str, object]:
    """Read the newest record; without the plugin Cluster Enhancer there is no such object."""
    try:
        found = side.api.get(_OBJECT)
    except ApiError as error:
        if error.kind != "absent":
            raise
        return {"backup": Backup(configured=False)}
    records = raw.items(found, "status", "records")
    newest: Mapping[str, object] = max(records, key=_moment, default={})
    made = _moment(newest)
    return {
        "backup": Backup(
            configured=True,
            made=None if made == _NEVER else made,
            result=raw.text(newest, "result"),
            message=raw.text(newest, "message"),
            records=len(records),
        )
    }


def _moment(record: Mapping[str, object]) -> datetime:
    return raw.time(record, "completionTime") or raw.time(record, "startTime") or _NEVER
