"""The options, and what is made of them before anything is connected to."""

from __future__ import annotations

import argparse
import getpass
import os
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from acp_acceptance.collect import Settings
from acp_acceptance.inventory import (
    OVER_SSH,
    ConnectionDefaults,
    InputFileError,
    Inventory,
    Topology,
    UsageError,
    Waivers,
    inventory_from_hosts,
    inventory_of_cluster,
    load_inventory,
    load_waivers,
)
from acp_acceptance.model.snapshot import Snapshot, SnapshotError
from acp_acceptance.model.text import printable
from acp_acceptance.plugin import recovery
from acp_acceptance.reporting.record import current_user
from acp_acceptance.reporting.signoff import FORMATS
from acp_acceptance.reporting.waiving import unfit
from acp_acceptance.requirements.catalogue import LANGUAGES, STAGES, Catalogue, Language, load_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.inventory import Node

STAGE_FOLDERS = {stage: f"tests_{stage}" for stage in STAGES}


def add_options(parser: pytest.Parser) -> None:
    """Declare the suite's own options; Testinfra's stay as they are."""
    group = parser.getgroup("acp", "acceptance of Alauda Container Platform")
    option = group.addoption
    option("--acp-inventory", metavar="FILE", help="the site: nodes, roles, plans (also ACP_INVENTORY)")
    option("--acp-release", metavar="RELEASE", help="judge by this ACP release; needed without an inventory")
    option("--acp-role", metavar="ROLE", help="role of hosts that name none: control_plane, worker, also joined by +")
    option("--acp-topology", choices=[topology.value for topology in Topology], help="topology, without an inventory")
    option("--acp-stage", choices=STAGES, action="append", help="stage to run (default: preflight); may be repeated")
    option(
        "--acp-kubeconfig",
        metavar="FILE",
        help="the installed cluster, after the installation: a kubeconfig, in-cluster, or ssh (what the first control "
        "plane node holds); default: the inventory's, else ssh. KUBECONFIG is never used",
    )
    option("--acp-context", metavar="NAME", help="context of the kubeconfig (default: its current one)")
    option(
        "--acp-wait",
        metavar="DURATION",
        type=_duration,
        default=0.0,
        help="wait so long (90s, 15m, 1h) until an installed cluster has settled, and show what is missing; "
        "without it, what is still being reconciled is a failure that says so",
    )
    option("--acp-snapshot", metavar="PATH", help="judge a recorded snapshot (a run's folder); connects to nothing")
    option("--acp-waivers", metavar="FILE", help="failures that are accepted for a time: who, why, until when")
    option("--acp-reports", metavar="DIR", help="where runs are recorded (default: reports)")
    option(
        "--acp-metrics",
        metavar="PLACE",
        help="write metrics.prom there, too: FILE.prom or the folder of a textfile collector, or a Pushgateway's URL",
    )
    option(
        "--acp-lang",
        metavar="LANGUAGES",
        type=_languages,
        help="en, ru or zh: the language of messages and reports (default: the inventory's locale, else en); several, "
        "separated by commas, give a report in each, and messages in the first",
    )
    option(
        "--acp-report",
        metavar="FORMATS",
        type=_formats,
        default=FORMATS,
        help="forms of the sign-off report: html, pdf, both (html,pdf, the default) or none",
    )
    option("--acp-forks", type=_positive, default=64, metavar="N", help="nodes collected at once (default: 64)")
    option(
        "--acp-forks-per-jump",
        type=_positive,
        default=8,
        metavar="N",
        help="of these, behind one jump host (default: 8)",
    )
    option("--acp-deadline", type=_positive, default=90, metavar="SECONDS", help="for each node (default: 90)")
    option(
        "--acp-accept-new-host-keys",
        action="store_true",
        help="accept and keep SSH host keys seen for the first time; changed keys are refused all the same",
    )
    option(
        "--acp-active",
        metavar="NAME",
        nargs="?",
        const="",
        help="also run the checks that load the nodes (disks, network, load balancer); NAME is who allowed it "
        "(else ACP_ACTIVE_ALLOWED_BY, else the user who runs this), and stands in the record",
    )
    option("--acp-ask-ssh-password", action="store_true", help="ask for the SSH password (else ACP_SSH_PASSWORD)")
    option("--acp-ask-sudo-password", action="store_true", help="ask for the sudo password (else ACP_SUDO_PASSWORD)")
    recovery.add_options(group)
    option(
        "--acp-allure",
        choices=["auto", "always", "never"],
        default="auto",
        help="write Allure results; auto: up to 5,000 checks, since each makes a file",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _languages(text: str) -> list[Language]:
    """Read languages, each once, in the order in which they are given."""
    return cast("list[Language]", _several(text, LANGUAGES))


def _formats(text: str) -> list[str]:
    return [] if text == "none" else _several(text, FORMATS)


def _several(text: str, known: Sequence[str]) -> list[str]:
    given = list(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in given:
        if word not in known:
            raise argparse.ArgumentTypeError(f"{word!r} is not among {', '.join(known)}")
    return given


def languages_of(config: pytest.Config, inventory: Inventory) -> list[Language]:
    """Give the languages of the reports; the first one is that of messages."""
    return config.getoption("acp_lang") or [inventory.site.locale or "en"]


def _duration(text: str) -> float:
    """Read a time such as ``90s``, ``15m``, ``1h30m``; seconds where no unit is given."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", text.strip())
    if found is None or not any(found.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 90s, 15m or 1h30m")
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


@dataclass
class Choice:
    """What a run is about, as its options say.

    Attributes:
        inventory: the site, by the release that is judged.
        nodes: of it, those that are collected and judged.
        stages: to be run.
        snapshot: a recorded one to be judged; ``None`` to collect.
        whole: all nodes of the site are chosen.
    """

    inventory: Inventory
    nodes: tuple[Node, ...]
    stages: list[str]
    snapshot: Snapshot | None = None
    whole: bool = field(init=False)

    def __post_init__(self) -> None:
        self.whole = len(self.nodes) == len(self.inventory.nodes)


def choose(config: pytest.Config, stages: Sequence[str]) -> Choice:
    """Read inventory, hosts and snapshot.

    Raises:
        pytest.UsageError: they are missing or wrong; says what to write.
    """
    catalogue = load_catalogue()
    release = config.getoption("acp_release")
    if release is not None and release not in catalogue.releases:
        raise pytest.UsageError(f"--acp-release {release}: is not known; there are {', '.join(catalogue.releases)}")
    hosts = _hosts(config)
    file = config.getoption("acp_inventory") or os.environ.get("ACP_INVENTORY")
    recorded = config.getoption("acp_snapshot")
    try:
        snapshot = Snapshot.load(Path(recorded)) if recorded else None
        inventory = _inventory(config, hosts, file, snapshot, catalogue, release, stages)
        _refuse_one_for_two(config, inventory)
        inventory = recovery.with_recovery(config, inventory, stages)
        nodes = inventory.select(hosts) if hosts and (file or snapshot) else inventory.nodes
    except (InputFileError, UsageError, SnapshotError) as error:
        raise pytest.UsageError(str(error)) from error
    if snapshot:
        taken = {name for kind, name in snapshot.targets if kind == "node"}
        # A run that only read installed clusters has collected no node.
        nodes = tuple(node for node in nodes if node.name in taken or not taken)
    return Choice(inventory, nodes, list(stages), snapshot)


def _refuse_one_for_two(config: pytest.Config, inventory: Inventory) -> None:
    if len(inventory.site.clusters) > 1 and (config.getoption("acp_kubeconfig") or config.getoption("acp_context")):
        raise pytest.UsageError(
            "--acp-kubeconfig and --acp-context name one cluster, and the inventory has "
            f"{len(inventory.site.clusters)}; write kubeconfig: and context: below each cluster there"
        )


def _hosts(config: pytest.Config) -> list[str]:
    given = config.getoption("hosts")
    if given is None:
        return []
    hosts = [host.strip() for host in given.split(",") if host.strip()]
    if not hosts:
        raise pytest.UsageError("--hosts names no host; write names or addresses, separated by commas")
    return hosts


def _inventory(  # noqa: PLR0913, PLR0917 - one decision, whole
    config: pytest.Config,
    hosts: list[str],
    file: str | None,
    snapshot: Snapshot | None,
    catalogue: Catalogue,
    release: str | None,
    stages: Sequence[str],
) -> Inventory:
    if snapshot:
        if file:
            raise pytest.UsageError("--acp-snapshot holds the inventory it was taken of; leave --acp-inventory out")
        document = {**snapshot.site, "site": {**snapshot.site["site"], **({"release": release} if release else {})}}
        return Inventory.model_validate(document)
    if file:
        return load_inventory(
            Path(file), release=release, releases=list(catalogue.releases), defaults=_connections(config)
        )
    if hosts:
        topology = config.getoption("acp_topology")
        return inventory_from_hosts(
            hosts,
            release=release,
            releases=list(catalogue.releases),
            role=config.getoption("acp_role"),
            topology=Topology(topology) if topology else None,
            defaults=_connections(config),
        )
    kubeconfig = config.getoption("acp_kubeconfig")
    if kubeconfig and kubeconfig != OVER_SSH and set(stages) == {"postinstall"}:
        topology = config.getoption("acp_topology")
        return inventory_of_cluster(
            kubeconfig,
            config.getoption("acp_context"),
            release=release,
            releases=list(catalogue.releases),
            topology=Topology(topology) if topology else None,
        )
    raise pytest.UsageError(
        "no host is named: give --hosts=NODE,... with --acp-release and --acp-role, or --acp-inventory FILE, "
        "or --acp-snapshot with a recorded run (examples are in the folder inventories)"
    )


def _connections(config: pytest.Config) -> ConnectionDefaults:
    """Read what Testinfra's own options say of connections."""
    try:
        extra = tuple(shlex.split(config.getoption("ssh_extra_args") or ""))
    except ValueError as error:
        raise pytest.UsageError(f"--ssh-extra-args: {error}") from error
    return ConnectionDefaults(
        backend=config.getoption("connection"),
        identity_file=config.getoption("ssh_identity_file"),
        ssh_config=config.getoption("ssh_config"),
        ssh_args=extra,
        become=config.getoption("sudo") or None,
        become_user=config.getoption("sudo_user"),
        ansible_inventory=config.getoption("ansible_inventory"),
        force_ansible=config.getoption("force_ansible"),
    )


def waivers_of(config: pytest.Config, catalogue: Catalogue) -> Waivers:
    """Read the waivers, and make sure that each can be one.

    Raises:
        pytest.UsageError: the file is wrong, a waiver is for no known requirement, or for one that cannot be waived.
    """
    file = config.getoption("acp_waivers")
    if not file:
        return Waivers()
    try:
        waivers = load_waivers(Path(file))
    except InputFileError as error:
        raise pytest.UsageError(str(error)) from error
    if wrong := list(unfit(waivers, catalogue)):
        raise pytest.UsageError("\n".join(wrong))
    return waivers


def settings_of(config: pytest.Config) -> Settings:
    """Read how nodes are collected. Passwords leave the environment here, so that no child inherits them."""
    return Settings(
        forks=config.getoption("acp_forks"),
        forks_per_jump=config.getoption("acp_forks_per_jump"),
        deadline=config.getoption("acp_deadline"),
        accept_new_host_keys=config.getoption("acp_accept_new_host_keys"),
        ssh_password=_password(config, "ssh"),
        sudo_password=_password(config, "sudo"),
        active_allowed_by=_allowed_by(config),
        kubeconfig=config.getoption("acp_kubeconfig") or "",
        context=config.getoption("acp_context") or "",
        wait=config.getoption("acp_wait"),
    )


def _allowed_by(config: pytest.Config) -> str:
    """Tell who allowed the active checks; empty where nobody did.

    Raises:
        pytest.UsageError: a recorded snapshot is judged, or the name is a path that pytest was to be given.
    """
    given: str | None = config.getoption("acp_active")
    if given is None:
        return ""
    if config.getoption("acp_snapshot"):
        raise pytest.UsageError("--acp-snapshot connects to nothing; leave --acp-active out")
    if given and (config.invocation_params.dir / given).exists():
        raise pytest.UsageError(f"--acp-active took {given} for a name; write --acp-active=NAME, or put it last")
    return printable(given or os.environ.get("ACP_ACTIVE_ALLOWED_BY", "") or current_user())


def _password(config: pytest.Config, what: str) -> str:
    given = os.environ.pop(f"ACP_{what.upper()}_PASSWORD", "")
    if config.getoption(f"acp_ask_{what}_password"):
        return getpass.getpass(f"{what} password for the nodes: ")
    return given
