"""Host specs: what ``--hosts`` takes, in Testinfra's form, each optionally followed by ``=role``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode

from acp_acceptance.inventory import addresses
from acp_acceptance.inventory.errors import UsageError
from acp_acceptance.inventory.nodes import Connection, ConnectionDefaults, Role
from acp_acceptance.inventory.wording import did_you_mean, listed, shown

NETWORK_BACKENDS = ("ssh", "safe-ssh", "paramiko")
BACKENDS = (*NETWORK_BACKENDS, "local", "docker", "podman", "kubectl", "openshift", "lxc", "salt", "ansible")
INSTALLER = "installer"
_ROLE_WORDS = (*(role.value for role in Role), INSTALLER)
_FLAGS = ("sudo", "force_ansible")
_OPTIONS = (
    *_FLAGS, "sudo_user", "ssh_config", "ssh_identity_file", "timeout", "controlpersist", "namespace", "container",
    "kubeconfig", "context", "ansible_inventory",
)  # fmt: skip
_SSH_PORT = 22
# What follows a colon and is no port may be a part of a password that had a comma in it.
_NO_PORT = re.compile(r"^((?:[\w-]+://)?[^:]*):(?!//|\d*$).*", re.DOTALL)
_FORMS = "name, user@address:port, [IPv6]:port, ssh://, paramiko://, docker://, podman://, kubectl:// or local://"


@dataclass(frozen=True)
class ParsedHost:
    """A host spec, read.

    Attributes:
        text: as it was written, without its role.
        name: of the node.
        connection: how it is reached.
        roles: what ``=role`` says; None where nothing is said.
        installer: whether ``=role`` names the installer.
        options: all options after ``?``.
    """

    text: str
    name: str
    connection: Connection
    roles: frozenset[Role] | None
    installer: bool
    options: dict[str, str]


def parse_host_spec(text: str, defaults: ConnectionDefaults | None = None) -> ParsedHost:
    """Read one host spec.

    Args:
        text: such as ``cp-1``, ``root@10.0.0.1:2222``, ``[fd00::1]:22``, ``ssh://user@host?sudo=true``, ``local://``,
            ``docker://name``, each optionally followed by ``=control_plane``, ``=worker+installer`` or the like.
        defaults: what the command line says of connections.

    Raises:
        UsageError: it is no host spec; the message says what to write, and never repeats a password.
    """
    text = text.strip()
    if ":" in text.partition("://")[2 if "://" in text else 0].rpartition("@")[0]:
        raise UsageError(
            f"--hosts: {shown(text)}: a password stands in the host; leave it out, and give it in the environment "
            "variable ACP_SSH_PASSWORD or when the suite asks"
        )
    spec, roles, installer = _without_role(text)
    if not spec:
        raise UsageError(f"--hosts: a host is empty; write {_FORMS}")
    try:
        options = _options(spec)
        connection = _connection(spec, options, defaults or ConnectionDefaults())
        name = _node_name(connection)
        if connection.backend != "ansible":  # there, it is a pattern of names
            addresses.checked_node_name(name)
    except ValueError as error:
        visible = _NO_PORT.sub(r"\1:…", spec.partition("?")[0])
        raise UsageError(f"--hosts: {shown(visible)}: {error}") from None
    return ParsedHost(spec, name, connection, roles, installer, options)


def parse_roles(text: str) -> tuple[frozenset[Role], bool]:
    """Read ``control_plane``, ``worker`` and ``installer``, joined by ``+``: roles, and whether it is the installer.

    Raises:
        UsageError: another word stands there, or no role.
    """
    words = text.split("+")
    for word in words:
        if word not in _ROLE_WORDS:
            raise UsageError(
                f"{shown(word)} is no role; write {listed(_ROLE_WORDS)}, or some of them joined by +"
                f"{did_you_mean(word, _ROLE_WORDS)}"
            )
    roles = frozenset(Role(word) for word in words if word != INSTALLER)
    if not roles:
        raise UsageError("the installer is a control plane node; write control_plane+installer")
    return roles, INSTALLER in words


def made_spec(connection: Connection, options: dict[str, str | None] | None = None) -> str:
    """Make Testinfra's spec of a connection."""
    if connection.backend == "local":
        netloc = ""
    else:
        host = f"[{connection.host.replace('%', '%25')}]" if ":" in connection.host else connection.host
        user = f"{quote(connection.user, safe='')}@" if connection.user else ""
        port = f":{connection.port}" if connection.port else ""
        netloc = f"{user}{host}{port}"
    query = {
        "ssh_config": connection.ssh_config,
        "ssh_identity_file": connection.identity_file,
        "sudo": "true" if connection.become else None,
        "sudo_user": connection.become_user if connection.become and connection.become_user != "root" else None,
        **(options or {}),
    }
    said = urlencode({name: value for name, value in query.items() if value}, safe="/~")
    return f"{connection.backend}://{netloc}" + (f"?{said}" if said else "")


def _without_role(text: str) -> tuple[str, frozenset[Role] | None, bool]:
    """Take ``=role`` off the end; an option's value after ``?`` is no role."""
    spec, separator, words = text.rpartition("=")
    if not separator:
        return text, None, False
    if "?" in spec and not set(words.split("+")) <= set(_ROLE_WORDS):
        return text, None, False
    return spec, *parse_roles(words)


def _options(spec: str) -> dict[str, str]:
    _, _, query = spec.partition("?") if "://" in spec else ("", "", "")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in options.items():
        if name not in _OPTIONS:
            raise ValueError(f"{shown(name)} is no option of a host{did_you_mean(name, _OPTIONS)}")
        if name in _FLAGS and value.lower() not in ("true", "false"):
            raise ValueError(f"{name} is true or false; write {name}=true")
    return options


def _connection(spec: str, options: dict[str, str], defaults: ConnectionDefaults) -> Connection:
    scheme, separator, rest = spec.partition("://")
    backend = scheme if separator else defaults.backend or "ssh"
    if backend not in BACKENDS:
        raise ValueError(f"{shown(backend)} is no way to a node; write one of {listed(BACKENDS)}")
    netloc = (rest if separator else spec).partition("?")[0].rstrip("/")
    user, host, port = _split(netloc, backend)
    sudo = options.get("sudo")
    connection = Connection(
        backend=backend,
        spec=spec,
        host=host,
        port=port,
        user=user,
        identity_file=_path(options, "ssh_identity_file") or defaults.identity_file,
        ssh_config=_path(options, "ssh_config") or defaults.ssh_config,
        ssh_args=defaults.ssh_args,
        become=sudo.lower() == "true" if sudo else defaults.become,
        become_user=options.get("sudo_user") or defaults.become_user or "root",
    )
    return connection if separator else connection.model_copy(update={"spec": made_spec(connection)})


def _split(netloc: str, backend: str) -> tuple[str | None, str, int | None]:
    user, at, address = netloc.rpartition("@")
    if "/" in address:
        raise ValueError("a path follows the host; write the host alone, and options after a question mark")
    if backend == "local":
        return None, "localhost", None
    port = None
    if backend in NETWORK_BACKENDS:
        address, port = _address_and_port(address)
        host = addresses.checked_host(address)
    else:
        host = address
    if not host and backend != "ansible":
        raise ValueError(f"no host is named; write {_FORMS}")
    return addresses.checked_user(unquote(user)) if at else None, host, port


def _address_and_port(text: str) -> tuple[str, int | None]:
    text = text.replace("%25", "%")
    if found := re.fullmatch(r"(\[[^\]]*\])(?::(.*))?", text):
        return found[1], addresses.checked_port(found[2]) if found[2] is not None else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, addresses.checked_port(port)
    return text, None


def _node_name(connection: Connection) -> str:
    """Name a node after its host; with a port of its own, after both, since one address can lead to many nodes."""
    if connection.backend == "local":
        return "local"
    host = re.sub(r"[%+]", "-", connection.host)
    if connection.port in (None, _SSH_PORT):
        return host
    return f"{host}{'-' if ':' in host else ':'}{connection.port}"


def _path(options: dict[str, str], name: str) -> str | None:
    return addresses.in_home(options[name]) if options.get(name) else None
