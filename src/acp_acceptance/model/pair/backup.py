"""The platform's own backups of etcd (acp-resources, EtcdBackupConfiguration)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class Backup:
    """The newest backup.

    Attributes:
        configured: backups are configured, as they are where the plugin Cluster Enhancer is installed.
        made: when it was completed, else begun; ``None`` where there is none, or it does not say.
        result: of it, as it says it.
        message: likewise.
        records: how many there are.
    """

    configured: bool
    made: datetime | None = None
    result: str = ""
    message: str = ""
    records: int = 0


def outdated(backup: Backup, at: datetime, most: timedelta) -> Iterator[Fault]:
    """Give that the newest backup failed, is too old, or that there is none.

    Args:
        backup: the newest.
        at: when it was looked at.
        most: how old it may be.
    """
    if not backup.records:
        yield "none", {}
        return
    if backup.result != "Success":
        yield "failed", {"result": backup.result or "(not said)", "said": backup.message or "-"}
    if backup.made is None or at - backup.made > most:
        made = backup.made.isoformat(timespec="minutes") if backup.made else "(not said)"
        yield "old", {"made": made, "hours": int(most.total_seconds() // 3600)}
