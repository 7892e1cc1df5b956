"""AppReleases: what the platform is made of (acp-resources, AppRelease)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.conditions import Condition, condition, conditions_of
from acp_acceptance.model.platform.listing import ByName
from acp_acceptance.model.wording import Wording, wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault

_READY = ("Sync", "Health")


@dataclass(frozen=True)
class Chart:
    """One chart of an AppRelease; its values, which can hold secrets, are not read."""

    name: str
    phase: str
    message: str


@dataclass(frozen=True)
class AppRelease:
    """One AppRelease.

    Attributes:
        generation: of its specification.
        observed: the generation that its status is about; ``None`` where it has no status yet.
        version: that is installed.
        conditions: ``Validate``, ``Sync``, ``Health``.
    """

    generation: int | None
    observed: int | None
    version: str
    conditions: tuple[Condition, ...]
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class AppReleases:
    """All AppReleases, by namespace and name."""

    items: Mapping[str, AppRelease]
    missing: str = ""


def observe(found: Mapping[str, Any]) -> AppRelease:
    """Read one AppRelease."""
    return AppRelease(
        generation=raw.number(found, "metadata", "generation"),
        observed=raw.number(found, "status", "observedGeneration"),
        version=raw.text(found, "status", "version"),
        conditions=conditions_of(found),
        charts=tuple(
            Chart(str(name)[:200], raw.text(chart, "phase"), raw.text(chart, "message"))
            for name, chart in list(raw.mapping(found, "status", "charts").items())[:50]
        ),
    )


def reader() -> ByName[AppReleases]:
    """Give a reader of the listing."""
    return ByName(observe, AppReleases, raw.name_of)


def _when(since: datetime | None) -> str | Wording:
    return f"{since:%Y-%m-%d %H:%M} UTC" if since else wording("time-unknown")


def unhealthy(release: AppRelease) -> Iterator[Fault]:
    """Give what keeps an AppRelease from being healthy, by the rule of the platform's own controllers.

    Yields:
        The name of the sentence that says it, and its values: ``refused`` and ``not_ready`` are failures of the
        platform; ``reconciling`` means that its controller is not done, which ends by itself or does not.
    """
    for item in release.conditions:
        if item.status == "False":
            sentence = "refused" if item.type == "Validate" else "not_ready"
            yield (
                sentence,
                {"type": item.type, "reason": item.reason, "message": item.message, "since": _when(item.since)},
            )
    if release.observed is None or release.observed != release.generation:
        yield (
            "reconciling",
            {"what": wording("generation-behind", observed=release.observed, generation=release.generation)},
        )
    for kind in _READY:
        found = condition(release.conditions, kind)
        if found is None:
            yield "reconciling", {"what": wording("condition-missing", type=kind)}
        elif found.status not in {"True", "False"}:
            said = {"status": found.status, "reason": found.reason, "message": found.message}
            undecided = wording("condition-undecided", type=kind, **said)
            yield "reconciling", {"what": undecided if found.status else wording("condition-unsaid", type=kind)}
