"""AppReleases that are not ready, and AppReleases that are hard to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lab.platform.api import Reference
from lab.platform.faults.fault import Fault, forbidden
from lab.platform.faults.names import APP_RELEASES
from lab.platform.faults.steps import Change
from lab.platform.resources import definitions
from lab.platform.site import SYSTEM
from lab.seeding import Do

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.platform.api import Object
    from lab.platform.faults.steps import Step
    from lab.platform.platform import Platform

_KIND = "appreleases.operator.alauda.io"
_DEFINITION = Reference("apiextensions.k8s.io/v1", "CustomResourceDefinition", _KIND)

MARKUP = (
    "<script>alert(1)</script> ![x](http://192.0.2.1/x) \x1b[31mred\x1b[0m \u202egnp.exe [link](javascript:x) | a | b"
)
"""What a hostile cluster may say in a message."""

_LARGE = 900_000


def _dex(_: Platform) -> Reference:
    return Reference("operator.alauda.io/v1alpha1", "AppRelease", "alauda-dex", SYSTEM)


def _status(change: Callable[[Object], object]) -> tuple[Step, ...]:
    return (Change(_dex, lambda item: change(item["status"])),)


def _state(status: Object, kind: str) -> Object:
    return next(state for state in cast("list[Object]", status["conditions"]) if state["type"] == kind)


def _says(kind: str, value: str, reason: str, message: str) -> tuple[Step, ...]:
    """Let a condition say something else."""
    return _status(lambda status: _state(status, kind).update(status=value, reason=reason, message=message))


def _without(kind: str) -> tuple[Step, ...]:
    return _status(lambda status: status["conditions"].remove(_state(status, kind)))


def _remove_definition(platform: Platform) -> None:
    platform.api.delete(_DEFINITION)


def _restore_definition(platform: Platform) -> None:
    definition = next(item for item in definitions(platform.site.release) if item["metadata"]["name"] == _KIND)
    platform.define(definition)
    for which in platform.of_kind("AppRelease"):
        platform.restore(which)


FAULTS = (
    Fault(
        "apprelease-not-ready",
        APP_RELEASES,
        "alauda-dex is not healthy",
        _says("Health", "False", "NotReady", "deployment dex: 0 of 1 ready"),
    ),
    Fault(
        "apprelease-not-synced",
        APP_RELEASES,
        "alauda-dex could not be installed",
        _says("Sync", "False", "SyncFailed", "cannot render chart"),
    ),
    Fault(
        "apprelease-not-valid",
        APP_RELEASES,
        "the chart of alauda-dex could not be downloaded",
        _says("Validate", "False", "ChartNotFound", "chart not found"),
    ),
    Fault("apprelease-health-missing", APP_RELEASES, "alauda-dex has no condition Health", _without("Health")),
    Fault("apprelease-health-unknown", APP_RELEASES, "Health is Unknown", _says("Health", "Unknown", "Unknown", "")),
    Fault(
        "apprelease-stale",
        APP_RELEASES,
        "the newest generation of alauda-dex was not observed",
        _status(lambda status: status.update(observedGeneration=0)),
    ),
    Fault(
        "apprelease-without-status",
        APP_RELEASES,
        "alauda-dex has no status",
        (Change(_dex, lambda item: item.pop("status")),),
    ),
    Fault(
        "apprelease-markup",
        APP_RELEASES,
        "alauda-dex is not healthy, and says so with markup and escape codes",
        _says("Health", "False", MARKUP, MARKUP),
    ),
    forbidden("appreleases-forbidden", APP_RELEASES, "AppReleases may not be listed", "appreleases"),
    Fault(
        "appreleases-unknown",
        APP_RELEASES,
        "the cluster does not know AppReleases",
        (Do(_remove_definition, _restore_definition),),
        breaks=True,
    ),
    Fault(
        "apprelease-odd",
        APP_RELEASES,
        "the conditions of alauda-dex are a word",
        _status(lambda status: status.update(conditions="none")),
    ),
    Fault(
        "apprelease-without-reason",
        "",
        "the conditions of alauda-dex have neither reason nor message",
        _status(lambda status: [[state.pop(key) for key in ("reason", "message")] for state in status["conditions"]]),
    ),
    Fault(
        "apprelease-large",
        "",
        "the rendered values of alauda-dex have 0.9 MB",
        _status(lambda status: next(iter(status["charts"].values())).update(renderedValues={"text": "x" * _LARGE})),
    ),
)
