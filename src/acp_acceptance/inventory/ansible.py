"""``ansible://`` host specs: Ansible says which hosts there are and how they are reached, through Testinfra."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from typing import Any

from testinfra.backend import get_backends
from testinfra.utils.ansible_runner import AnsibleRunner

from acp_acceptance.inventory import addresses
from acp_acceptance.inventory.errors import UsageError
from acp_acceptance.inventory.hostspec import INSTALLER, NETWORK_BACKENDS, ParsedHost, made_spec, parse_host_spec
from acp_acceptance.inventory.nodes import Connection, ConnectionDefaults, Role
from acp_acceptance.inventory.wording import shown


def expand_ansible(
    spec: str, ansible_inventory: str | None = None, defaults: ConnectionDefaults | None = None
) -> tuple[ParsedHost, ...]:
    """Expand an ``ansible://`` spec into its hosts, with what Ansible knows of their connections.

    Hosts that Ansible reaches over SSH become plain ``ssh`` connections, so that they go through OpenSSH like all
    others; with ``force_ansible`` Ansible itself stays in between. Roles come from the spec, else from the groups.

    Args:
        spec: such as ``ansible://worker?ansible_inventory=hosts.ini``.
        ansible_inventory: the inventory where the spec names none; Ansible's own default without both.
        defaults: what the command line says of connections.

    Raises:
        UsageError: Ansible is not installed, cannot read the inventory, or knows no such host.
    """
    defaults = defaults or ConnectionDefaults()
    parsed = parse_host_spec(spec, defaults)
    inventory = parsed.options.get("ansible_inventory") or ansible_inventory or defaults.ansible_inventory
    forced = defaults.force_ansible or parsed.options.get("force_ansible", "").lower() == "true"
    if shutil.which("ansible-inventory") is None:
        raise UsageError(f"{shown(parsed.text)} needs Ansible on this machine: pip install ansible-core")
    try:
        backends = get_backends([parsed.connection.spec], **_testinfra_options(parsed.connection, inventory))
        hosts = tuple(_host(backend, parsed, inventory, forced=forced) for backend in backends)
    except (RuntimeError, AssertionError, OSError, KeyError, TypeError, ValueError) as error:
        # The reason is not repeated: it can hold all that Ansible printed, decrypted variables among it.
        option = f"-i {shlex.quote(inventory)} " if inventory else ""
        raise UsageError(
            f"{shown(parsed.text)}: Ansible's inventory cannot be used ({type(error).__name__}); "
            f"see what it says to: ansible-inventory {option}--list"
        ) from None
    if not hosts:
        raise UsageError(f"{shown(parsed.text)}: Ansible knows no such host or group; see: ansible-inventory --graph")
    try:
        for host in hosts:
            addresses.checked_node_name(host.name)
    except ValueError as error:
        raise UsageError(f"{shown(parsed.text)}: {error}") from None
    return hosts


def _testinfra_options(connection: Connection, inventory: str | None) -> dict[str, Any]:
    options = {
        "ansible_inventory": inventory,
        "ssh_config": connection.ssh_config,
        "ssh_identity_file": connection.identity_file,
    }
    return {name: value for name, value in options.items() if value}


def _host(backend: Any, parsed: ParsedHost, inventory: str | None, *, forced: bool) -> ParsedHost:  # noqa: ANN401 - testinfra's
    runner = AnsibleRunner.get_runner(inventory)
    name = backend.host
    variables = runner.get_variables(name)
    # Testinfra would put the password into a URL unquoted, where it can be taken for the host.
    variables.pop("ansible_ssh_pass", None)
    groups = set(variables["group_names"])
    roles = parsed.roles or frozenset(Role(group) for group in groups.intersection(role.value for role in Role))
    connection = None
    if not forced:
        host = runner.get_host(
            name, ssh_config=parsed.connection.ssh_config, ssh_identity_file=parsed.connection.identity_file
        )
        connection = _connection(host.backend, parsed.connection) if host is not None else None
    return replace(
        parsed,
        text=f"ansible://{name}",
        name=name,
        connection=connection or _through_ansible(name, parsed.connection, inventory),
        roles=roles or None,
        installer=parsed.installer or (parsed.roles is None and INSTALLER in groups),
    )


def _through_ansible(name: str, given: Connection, inventory: str | None) -> Connection:
    connection = given.model_copy(update={"host": name, "user": None, "port": None})
    options = {"ansible_inventory": inventory, "force_ansible": "true"}
    return connection.model_copy(update={"spec": made_spec(connection, options)})


def _connection(backend: Any, given: Connection) -> Connection:  # noqa: ANN401 - a backend of testinfra
    """Make a connection of what Testinfra found; a password that Ansible holds is not taken over."""
    kind = backend.get_connection_type()
    over_network = kind in NETWORK_BACKENDS
    user, port = (backend.host.user, backend.host.port) if over_network else (getattr(backend, "user", None), None)
    host = backend.host.name if over_network else "localhost" if kind == "local" else backend.get_hostname()
    connection = Connection(
        backend=kind,
        spec="",
        host=addresses.checked_host(host) if over_network else host,
        port=addresses.checked_port(str(port)) if port else None,
        user=addresses.checked_user(user) if user else None,
        identity_file=getattr(backend, "ssh_identity_file", None),
        ssh_config=getattr(backend, "ssh_config", None),
        ssh_args=tuple(shlex.split(getattr(backend, "ssh_extra_args", None) or "")) or given.ssh_args,
        become=bool(backend.sudo) or given.become,
        become_user=backend.sudo_user or given.become_user,
    )
    return connection.model_copy(update={"spec": made_spec(connection)})
