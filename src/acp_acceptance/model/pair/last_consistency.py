"""What the synchroniser's monitor last answered before a failover (DR guide, Disaster Recovery Process)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class LastConsistency:
    """The newest answer of the synchroniser's monitor that is known.

    Attributes:
        at: UTC time, ISO 8601; empty where none is known.
        missed: keys that the standby lacked.
        surplus: keys that only the standby had.
        run: name of the run's folder that measured it; empty for this run.
    """

    at: str = ""
    missed: int = 0
    surplus: int = 0
    run: str = ""


def inconsistent(last: LastConsistency, switched: datetime, hours: int) -> Iterator[Fault]:
    """Give that keys were missed or surplus when the synchroniser was last asked.

    Args:
        last: the newest answer before the switch.
        switched: when the domain was switched.
        hours: an older answer says nothing of that moment.

    Raises:
        CollectionError: nobody asked, or too long before.
    """
    if not last.at:
        raise CollectionError(
            "no earlier run of stage dr is known that asked the synchroniser's monitor before the switch, and it is "
            "gone now; the history of the reports (--acp-reports) holds such runs",
            kind="not-collected",
        )
    at = datetime.fromisoformat(last.at)
    if last.missed or last.surplus:
        yield "inconsistent", {"at": last.at, "missed": last.missed, "surplus": last.surplus}
    elif switched - at > timedelta(hours=hours):
        raise CollectionError(
            f"the monitor was last asked at {last.at}, more than {hours} hours before the switch: nobody knows "
            "what was synchronised since then",
            kind="unclear",
        )
