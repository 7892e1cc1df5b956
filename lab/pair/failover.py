"""The failover as the guide has it (global-dr-4.2, Disaster Recovery Process), each of its steps by a name.

The standby takes over: from ``switch-domain`` on it is the primary that people reach, while the pair's ``primary`` and
``standby`` keep the names that they began with.
"""

from __future__ import annotations

import dataclasses
import ssl
from datetime import datetime, timezone
from http.client import HTTPSConnection
from typing import TYPE_CHECKING

from lab.pair.contents import COMPONENTS
from lab.pair.plugin import CONSISTENT
from lab.pair.synchroniser import PORT
from lab.platform.plane import run_on
from lab.platform.serving import HTTPS
from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.pair.pair import Pair
    from lab.pair.side import Side

TEMPLATES = "/root/ensure-asm-template.sh"
"""The installer's script, where the guide wants it copied."""
_SCRIPT = "#!/bin/sh\n# The lab's: the real one writes Elasticsearch's templates.\necho acknowledged: true\n"
_OK, _FOUND = 200, 302


def _ensure_templates(pair: Pair) -> None:
    side = pair.standby
    if "elasticsearch" not in side.installed:
        return
    run_on(side.node(0), f"cat >{TEMPLATES} <<'SCRIPT'\n{_SCRIPT}SCRIPT\nsh {TEMPLATES}")
    _restart_component(side, "elasticsearch")


def _verify_consistency(pair: Pair) -> None:
    if (said := pair.standby.check().splitlines()) != CONSISTENT:
        raise LabError(f"the standby's data is not consistent, so that nothing may be uninstalled: {said[:10]}")


def _remove_plugin(pair: Pair) -> None:
    pair.standby.plugin.remove()


def _close_etcd_port(pair: Pair) -> None:
    for side in pair.sides.values():
        ports: Mapping[int, int] = {port: to for port, to in side.balancing.ports.items() if port != PORT}
        side.balancer.balance(dataclasses.replace(side.balancing, ports=ports))


def _switch_domain(pair: Pair) -> None:
    pair.switched_at = datetime.now(timezone.utc)
    pair.names.answer(pair.domain, pair.standby.vip)


def _verify_resolution(pair: Pair) -> None:
    for side in pair.sides.values():
        side.restart("k8s-app=kube-dns", namespace="kube-system")
        side.await_resolved([pair.standby.vip])


def _open_page(pair: Pair) -> None:
    context = ssl.create_default_context(cadata=pair.standby.site.authority.root.pem)
    connection = HTTPSConnection(pair.standby.vip, HTTPS, context=context, timeout=10)
    # The certificate is valid for the VIP, too.
    connection.request("GET", "/", headers={"Host": pair.domain})
    status = connection.getresponse().status
    connection.close()
    if status not in {_OK, _FOUND}:
        raise LabError(f"the platform's page answers {status}")


def _restart_component(side: Side, name: str) -> None:
    if name in side.installed:
        side.restart(f"service_name in ({','.join(COMPONENTS[name])})")


def _restart_elasticsearch(pair: Pair) -> None:
    _restart_component(pair.standby, "elasticsearch")


def _restart_monitoring(pair: Pair) -> None:
    _restart_component(pair.standby, "monitoring")


def _restart_transformer(pair: Pair) -> None:
    pair.standby.restart("service_name=cluster-transformer")


def _restart_warlock(pair: Pair) -> None:
    if pair.production is not None:
        pair.production.restart_warlock()


def _enable_synchronisation(pair: Pair) -> None:
    for side in pair.sides.values():
        side.balancer.balance(side.balancing)
    pair.primary.plugin.install(pair.standby)


STEPS: Mapping[str, Callable[[Pair], None]] = {
    "ensure-elasticsearch-templates": _ensure_templates,
    "verify-consistency": _verify_consistency,
    "remove-plugin": _remove_plugin,
    "close-etcd-port": _close_etcd_port,
    "switch-domain": _switch_domain,
    "verify-resolution": _verify_resolution,
    "open-page": _open_page,
    "restart-elasticsearch": _restart_elasticsearch,
    "restart-monitoring": _restart_monitoring,
    "restart-cluster-transformer": _restart_transformer,
    "restart-warlock": _restart_warlock,
    "enable-synchronisation": _enable_synchronisation,
}
"""The guide's steps in its order; its step 8 is three here."""

BEFORE_SYNCHRONISATION = "restart-warlock"
"""The last step before the former primary becomes the new standby."""


def carry_out(pair: Pair, until: str, skip: tuple[str, ...]) -> None:
    """Carry out steps in their order, those of earlier calls not again.

    Args:
        pair: whose standby takes over.
        until: the last of them; all where it is empty.
        skip: steps that are left undone.

    Raises:
        KeyError: there is no step of such a name.
        LabError: one cannot be done; those before it are.
    """
    for name in (*skip, *([until] if until else [])):
        STEPS[name]
    for name, step in STEPS.items():
        if name not in skip and name not in pair.done:
            step(pair)
            pair.done.append(name)
        if name == until:
            return


def undo(pair: Pair) -> None:
    """Make the pair what it was before any failover."""
    pair.primary.plugin.remove()
    for side in pair.sides.values():
        side.balancer.balance(side.balancing)
    pair.point_domain_to("primary")
    if pair.standby.plugin.parts is None:
        pair.standby.plugin.install(pair.primary)
    run_on(pair.standby.node(0), f"rm -f {TEMPLATES}")
    pair.done.clear()
    pair.switched_at = None
