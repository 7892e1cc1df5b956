"""Operators and their instances, which each cluster has for itself: their namespaces are not synchronised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class Operators:
    """What the operator lifecycle manager of one cluster installs, and instances that the standby must have, too.

    Attributes:
        subscriptions: names of the operators, each once.
        instances: as ``KnativeEventing knative-eventing/knative-eventing``.
    """

    subscriptions: tuple[str, ...]
    instances: tuple[str, ...] = ()


def not_deployed(primary: Operators, standby: Operators) -> Iterator[Fault]:
    """Give operators and instances of the primary that the standby lacks (the DR guide, Notes)."""
    if missing := sorted(set(primary.subscriptions) - set(standby.subscriptions)):
        yield "operator_missing", {"operators": missing}
    if missing := sorted(set(primary.instances) - set(standby.instances)):
        yield "instance_missing", {"instances": missing}
