"""What the monitor says of both sides, and what the suite's own comparison says beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.pair.comparing import Comparing
from acp_acceptance.collect.pair.monitor import ask_monitor
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.beside import Beside
from acp_acceptance.model.pair.check import read_check
from acp_acceptance.model.pair.comparison import BesideMonitor, Scope
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.pair.subjects import Both, Side
    from acp_acceptance.model.pair.check import CheckAnswer, CheckedKeys


def scope_of(values: Mapping[str, Any]) -> Scope:
    """Make the scope of a release's values."""
    return Scope(*(tuple(values[name]) for name in ("namespaces", "own_kinds", "cluster_kinds", "own_objects")))


def release_values(both: Both, requirement: str = "dr.sync.independent") -> Mapping[str, Any]:
    """Give what the release says of the comparison, or of another requirement."""
    found: Mapping[str, Any] = load_catalogue().releases[both.primary.inventory.site.release].requirements[requirement]
    return found


def refuse_after_failover(both: Both) -> None:
    """Do nothing of what only a pair that is synchronised is asked.

    Raises:
        CollectionError: a failover is judged.
    """
    plan = both.primary.inventory.site.dr
    if plan is not None and plan.phase == "failover":
        raise CollectionError(
            "it is not looked at after a failover, when nothing is synchronised", kind="not-collected"
        )


def check_answer(both: Both) -> dict[str, object]:
    """Ask the monitor; keys that it names are asked for once more, and what both answers name counts.

    A key that was only on its way is no fault: it is gone from the second answer.
    """
    answer, keys = _asked(both.standby)
    if len(keys.missed) or len(keys.surplus):
        both.ended.wait(release_values(both)["settle_seconds"])
        answer, _ = _asked(both.standby, keys)
    return {"check": answer}


def _asked(standby: Side, before: CheckedKeys | None = None) -> tuple[CheckAnswer, CheckedKeys]:
    said = ask_monitor(standby)
    return read_check(said.body, said.status, said.way, before)


def comparison(both: Both) -> dict[str, object]:
    """Compare both clusters, and say where the monitor, asked before and after, says something else."""
    refuse_after_failover(both)
    values = release_values(both)
    beside = Beside(scope_of(values))
    unknown = _told(beside, both.standby)
    comparing = Comparing(
        both.primary.api, both.standby.api, scope_of(values), values["settle_seconds"], both.ended, beside.differs
    )
    result = comparing.compare()
    unknown = unknown or _told(beside, both.standby)
    found = BesideMonitor(unknown=unknown) if unknown else beside.result(comparing.kinds)
    return {"comparison": result.beside(found)}


def _told(beside: Beside, standby: Side) -> str:
    """Take one answer of the monitor; gives why there is none."""
    try:
        said = ask_monitor(standby)
    except ApiError as error:
        return error.reason
    return beside.take(said.body, said.status, said.way)
