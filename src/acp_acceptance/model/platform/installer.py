"""The installer: what is left of it on its node."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.runner_view import NOTHING_LEARNT, Knock
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault
    from acp_acceptance.model.sections import Section


CONTAINER = "minialauda-control-plane"
_TOOLS = {"crictl": "crictl", "nerdctl": "nerdctl", "nerdctl-k8s": "nerdctl --namespace k8s.io", "docker": "docker"}


@dataclass(frozen=True)
class Installer:
    """The installer's node.

    Attributes:
        node: its name.
        address: at which its port was tried.
        containers: commands that list containers, with the names they gave.
        failed: those that could not list them, with the reason.
        port: the installer's own port, as seen from this machine; ``None`` where it was not tried.
        begun: when the platform's first resource was made; ``None`` where that is not known.
        problem: why the node could not be asked for containers.
    """

    node: str
    address: str
    containers: Mapping[str, tuple[str, ...]]
    failed: Mapping[str, str]
    port: Knock | None
    begun: datetime | None
    problem: str = ""


def read_containers(section: Section) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Read the section ``installer`` of the probe: containers by the command that listed them, and what failed."""
    found: dict[str, tuple[str, ...]] = {}
    failed: dict[str, str] = {}
    for part, command in _TOOLS.items():
        try:
            text = section.optional(part)
            if text is not None:
                found[command] = _crictl(text) if part == "crictl" else _names(text)
        except CollectionError as error:  # noqa: PERF203 - four commands
            failed[command] = str(error)
    return found, failed


def _names(text: str) -> tuple[str, ...]:
    return tuple(printable(line, limit=200) for line in text.splitlines() if line.strip())


def _crictl(text: str) -> tuple[str, ...]:
    try:
        document = json.loads(text or "{}")
    except ValueError as error:
        raise CollectionError("crictl gave no JSON", kind="unparsable") from error
    return tuple(raw.text(item, "metadata", "name") for item in raw.items(document, "containers"))


def left_over(installer: Installer, at: datetime, patience: timedelta) -> Iterator[Fault]:
    """Give what is left of the installer.

    Args:
        installer: what was seen of it.
        at: when.
        patience: how long it may stay after the installation began to make the platform's resources.

    Raises:
        CollectionError: it is too early to judge, or that cannot be known.
    """
    holding = [command for command, names in installer.containers.items() if CONTAINER in names]
    is_open = installer.port is not None and installer.port.state == "open"
    if holding or is_open:
        _require_late(installer, at, patience)
    if holding:
        yield "container", {"node": installer.node, "command": holding[0], "container": CONTAINER}
    if is_open and installer.port:
        yield "open", {"node": installer.node, "address": installer.address, "port": installer.port.port}


def _require_late(installer: Installer, at: datetime, patience: timedelta) -> None:
    if installer.begun is None:
        raise CollectionError(
            f"the installer is still on {installer.node}, and when it began is not known", kind="unclear"
        )
    if at < installer.begun + patience:
        until = installer.begun + patience
        raise CollectionError(
            f"the installer is still on {installer.node}; it has until {until:%Y-%m-%d %H:%M} UTC: judge again then",
            kind="too-early",
        )


def require_seen(installer: Installer) -> None:
    """Make sure that containers and port were seen.

    Raises:
        CollectionError: they were not.
    """
    if installer.problem:
        raise CollectionError(installer.problem)
    for command, reason in installer.failed.items():
        raise CollectionError(f"{command} on {installer.node} could not list containers: {reason}")
    if not installer.containers:
        raise CollectionError(
            f"{installer.node} has neither crictl, nerdctl nor docker to list containers", kind="no-program"
        )
    if installer.port is None:
        raise CollectionError(f"the installer's port on {installer.node} was not tried", kind="not-collected")
    if installer.port.state in NOTHING_LEARNT:
        raise CollectionError(
            NOTHING_LEARNT[installer.port.state].format(address=installer.address), kind="unreachable"
        )
