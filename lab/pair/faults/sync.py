"""The synchroniser, its monitor, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.pair import store
from lab.pair.faults.fault import Fault
from lab.pair.faults.names import (
    AFTER_ENABLE,
    CONSISTENT,
    EXCLUDED,
    INDEPENDENT,
    INDEPENDENT_ADVISED,
    LAG,
    PLUGIN,
    PLUGIN_SETTINGS,
    SYNC_PODS,
)
from lab.pair.faults.steps import PRIMARY, STANDBY, On
from lab.pair.synchroniser import MONITOR, SYNC
from lab.platform.api import Reference, reference
from lab.platform.faults.steps import Add, Change, Remove
from lab.platform.resources import app_release, module_info
from lab.platform.site import SYSTEM
from lab.seeding import Do

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.pair.faults.steps import Step
    from lab.pair.pair import Pair
    from lab.platform.api import Object
    from lab.platform.platform import Platform

_NAMESPACE = "acme"
_MISSED = tuple(
    f"/registry/{key}"
    for key in ("configmaps/acme/settings-0", "configmaps/acme/settings-1", "secrets/acme/credentials")
)
_CHANGED = "/registry/configmaps/acme/settings-4"
_MONITOR = Reference("v1", "Service", MONITOR, SYSTEM)
_LAG_SECONDS = 5.0


@dataclass(frozen=True)
class Control:
    """Let the programs of the synchroniser's Pods misbehave.

    Attributes:
        app: :data:`SYNC` or :data:`MONITOR`.
        name: of what they do otherwise, see ``go/etcd-sync/control.go``.
        value: how.
    """

    app: str
    name: str
    value: str

    def apply(self, pair: Pair) -> None:
        """Let them."""
        pair.standby.plugin.control(self.app, self.name, self.value)

    def undo(self, pair: Pair) -> None:
        """Let them work."""
        pair.standby.plugin.control(self.app, self.name, "")


@dataclass(frozen=True)
class Missed:
    """Take keys out of the standby's etcd."""

    keys: tuple[str, ...] = _MISSED

    def apply(self, pair: Pair) -> None:
        """Take them."""
        store.delete(pair.standby, self.keys)

    def undo(self, pair: Pair) -> None:
        """Put them back, as they are on the primary."""
        store.copy(pair.primary, pair.standby, self.keys)


@dataclass(frozen=True)
class Kept:
    """A ConfigMap that a person made on the primary, by kubectl.

    Attributes:
        namespace: where.
        name: of it.
    """

    namespace: str
    name: str

    def apply(self, pair: Pair) -> None:
        """Make it."""
        pair.primary.cluster.kubectl("-n", self.namespace, "create", "configmap", self.name, "--from-literal=key=value")

    def undo(self, pair: Pair) -> None:
        """Delete it."""
        pair.primary.cluster.kubectl("-n", self.namespace, "delete", "configmap", self.name, "--ignore-not-found")


def _notes(name: str, namespace: str, count: int = 1) -> Callable[[Platform], list[Object]]:
    # As the web console marks what people make in it.
    marks = {"cpaas.io/creator": "operator@acme.example"}

    def objects(_platform: Platform) -> list[Object]:
        metadata: list[dict[str, object]] = [
            {"name": f"{name}-{number}", "namespace": namespace, "annotations": marks} for number in range(count)
        ]
        return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": item, "data": {}} for item in metadata]

    return objects


def _change_words(pair: Pair) -> None:
    which = Reference("v1", "ConfigMap", "settings-4", _NAMESPACE)
    pair.standby.api.patch(which, {"data": {"size": "another"}})


def _monitor(answer: str) -> tuple[Step, ...]:
    return (Control(MONITOR, "answer", answer),)


def _module(platform: Platform) -> Reference:
    return reference(module_info(platform.site, SYNC, "plugin", SYNC))


def _settings(**words: object) -> tuple[Step, ...]:
    return (On((STANDBY,), Change(_module, lambda item: item["spec"]["config"].update(words))),)


def _plugin(platform: Platform) -> list[Object]:
    return [module_info(platform.site, SYNC, "plugin", SYNC), app_release(platform.site, SYNC, "acp/chart-etcd-sync")]


def _reinstall(pair: Pair, *, recreate: bool) -> None:
    pair.standby.plugin.remove()
    pair.standby.plugin.install(pair.primary, recreate=recreate)


_ON_PRIMARY: Step = On((PRIMARY,), Add(_plugin))
_ANSWERS = {
    "monitor-says-nothing": ("nothing", "the monitor answers with nothing"),
    "monitor-says-html": ("html", "the monitor answers with a page"),
    "monitor-fails": ("error", "the monitor answers 500"),
    "monitor-says-another-thing": ("all keys are in sync", "the monitor answers with words that are not known"),
    "monitor-is-silent": ("silent", "the monitor takes the request, and never answers"),
}

_PLUGIN_FAULTS = (
    Fault(
        "plugin-missing",
        PLUGIN,
        "the synchroniser is installed nowhere",
        (Do(lambda pair: pair.standby.plugin.remove(), lambda pair: pair.standby.plugin.install(pair.primary)),),
        also=(SYNC_PODS, CONSISTENT, PLUGIN_SETTINGS, AFTER_ENABLE),
        slow=True,
    ),
    Fault("plugin-on-both", PLUGIN, "the synchroniser is installed on both sides", (_ON_PRIMARY,)),
    Fault(
        "plugin-on-the-wrong-side",
        PLUGIN,
        "the synchroniser is installed on the primary, not on the standby",
        (_ON_PRIMARY, On((STANDBY,), Remove(_module))),
        also=(PLUGIN_SETTINGS,),
    ),
    Fault(
        "plugin-failed",
        PLUGIN,
        "the synchroniser's module is Failed",
        (On((STANDBY,), Change(_module, lambda item: item["status"].update(phase="Failed"))),),
    ),
    Fault(
        "check-interval-changed",
        PLUGIN_SETTINGS,
        "the data check interval is not the default",
        _settings(dataCheckInterval=3600),
    ),
    Fault("detail-logs-on", PLUGIN_SETTINGS, "detailed logs are on", _settings(printDetailLogs=True)),
)

_POD_FAULTS = (
    Fault(
        "mirror-gone",
        SYNC_PODS,
        "no Pod mirrors: the Deployment has none",
        (Do(lambda pair: pair.standby.plugin.scale(0), lambda pair: pair.standby.plugin.restore()),),
        also=(AFTER_ENABLE,),
    ),
    Fault(
        "mirror-unready",
        SYNC_PODS,
        "the Pods that mirror are not ready",
        (
            Do(back=lambda pair: pair.standby.plugin.await_ready()),
            Control(SYNC, "unready", "1"),
            Do(lambda pair: pair.standby.plugin.await_unready()),
        ),
    ),
    Fault(
        "mirror-never-starts",
        SYNC_PODS,
        "the Pods that mirror do not reach the primary's etcd, and never start",
        (Do(lambda pair: pair.standby.plugin.mislead(), lambda pair: pair.standby.plugin.restore()),),
        slow=True,
    ),
    Fault(
        "mirror-stopped",
        CONSISTENT,
        "the Pods run, and carry nothing over any more",
        (
            Do(back=lambda pair: pair.standby.plugin.await_consistent()),
            Control(SYNC, "stopped", "1"),
            On((PRIMARY,), Add(_notes("late", _NAMESPACE, 3))),
        ),
        also=(INDEPENDENT, LAG),
    ),
    Fault(
        "mirror-lags",
        LAG,
        f"changes come {_LAG_SECONDS:.0f} s late",
        (Control(SYNC, "delay", str(int(_LAG_SECONDS * 1000))),),
        active=True,
    ),
    Fault(
        "not-recreated",
        AFTER_ENABLE,
        "no Pod was recreated after the first synchronisation",
        (Do(lambda pair: _reinstall(pair, recreate=False), lambda pair: _reinstall(pair, recreate=True)),),
        slow=True,
    ),
)

_KEY_FAULTS = (
    Fault(
        "missed-keys", CONSISTENT, "the standby misses two ConfigMaps and a Secret", (Missed(),), also=(INDEPENDENT,)
    ),
    Fault(
        "surplus-keys",
        CONSISTENT,
        "the standby has two ConfigMaps that the primary has not",
        (On((STANDBY,), Add(_notes("surplus", _NAMESPACE, 2))),),
        also=(INDEPENDENT,),
    ),
    Fault(
        "missed-and-surplus-keys",
        CONSISTENT,
        "the standby misses keys, and has others",
        (Missed(), On((STANDBY,), Add(_notes("surplus", _NAMESPACE)))),
        also=(INDEPENDENT,),
    ),
    Fault(
        "object-changed",
        INDEPENDENT_ADVISED,
        "a ConfigMap of the standby holds other words than the primary's",
        (Do(_change_words, lambda pair: store.copy(pair.primary, pair.standby, [_CHANGED])),),
    ),
    Fault(
        "monitor-lies",
        INDEPENDENT,
        "the standby misses keys, and the monitor says that it does not",
        (Missed(), *_monitor("lie")),
    ),
    Fault(
        "monitor-exaggerates",
        CONSISTENT,
        "the monitor says that 200,000 keys are missed, which is not so",
        _monitor("many"),
        also=(INDEPENDENT,),
    ),
)

FAULTS = (
    *_PLUGIN_FAULTS,
    *_POD_FAULTS,
    *_KEY_FAULTS,
    *(Fault(name, CONSISTENT, what, _monitor(answer), breaks=True) for name, (answer, what) in _ANSWERS.items()),
    Fault(
        "monitor-without-service",
        CONSISTENT,
        "the monitor's Service is not there",
        (On((STANDBY,), Remove(lambda _platform: _MONITOR)),),
        breaks=True,
    ),
    Fault(
        "excluded-namespace-used",
        EXCLUDED,
        "somebody keeps ConfigMaps in namespaces that are not synchronised",
        (Kept("default", "precious-0"), Kept("default", "precious-1"), Kept("kube-public", "precious")),
    ),
)
