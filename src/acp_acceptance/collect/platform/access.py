"""Reaching the API of a cluster: by kubeconfig, from a Pod, or with what its first control plane node holds.

Nothing of a credential is kept, shown or written; an ambient ``KUBECONFIG`` is never used.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLongError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubernetes.client import ApiClient

IN_CLUSTER = "in-cluster"
_CREDENTIALS_SECONDS = 60.0


@dataclass(frozen=True)
class Access:
    """A way to an API.

    Attributes:
        client: of the kubernetes package, with its authentication.
        server: the API's address.
        source: whence it is known, for people.
    """

    client: ApiClient
    server: str
    source: str


def from_kubeconfig(file: str, context: str | None) -> Access:
    """Read a kubeconfig.

    Args:
        file: its path.
        context: the one to use; ``None`` for the file's current one.

    Raises:
        ApiError: ``no-access``: it is not there, is none, has no such context, or its credential plugin failed.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise ApiError("no-access", f"the kubeconfig {path} is not there; give --acp-kubeconfig=FILE")
    named = _context_of(path, context)
    return _access(lambda config: config.new_client_from_config(str(path), named), f"{path}, context {named}")


def from_document(document: dict[str, Any], source: str) -> Access:
    """Use a kubeconfig that was read elsewhere.

    Raises:
        ApiError: as :func:`from_kubeconfig`.
    """
    return _access(lambda config: config.new_client_from_config_dict(document), source)


def in_cluster() -> Access:
    """Use the service account of the Pod that this runs in.

    Raises:
        ApiError: ``no-access``: this runs in no Pod.
    """

    def load(config: Any) -> ApiClient:  # noqa: ANN401 - the package's module
        from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415 - as in _access

        configuration = Configuration()
        config.load_incluster_config(client_configuration=configuration)
        return ApiClient(configuration)

    return _access(load, "the service account of this Pod")


def _context_of(path: Path, context: str | None) -> str:
    """Give the name of the context to use, after looking that the file has it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ApiError("no-access", f"{path} is no kubeconfig: {printable(str(error))}") from error
    if not isinstance(document, dict):
        raise ApiError("no-access", f"{path} is no kubeconfig")
    there_are = [printable(str(item.get("name"))) for item in document.get("contexts") or () if isinstance(item, dict)]
    named = context or document.get("current-context")
    if not isinstance(named, str) or named not in there_are:
        wanted = f"has no context {printable(str(named))}" if named else "names no current context"
        raise ApiError(
            "no-access", f"{path} {wanted}; give --acp-context=, one of: {', '.join(there_are[:20]) or '(it has none)'}"
        )
    return named


def _access(load: Callable[[Any], ApiClient], source: str) -> Access:
    """Load credentials; a plugin that gives them gets a deadline, and what it complains of is told."""
    # Imported here: the package takes longer to import than a preflight of three nodes takes.
    from kubernetes import config  # noqa: PLC0415 - as said

    complaints = _Complaints()
    logger = logging.getLogger()
    logger.addHandler(complaints)
    worker = ThreadPoolExecutor(1, thread_name_prefix="credentials")
    try:
        client = worker.submit(load, config).result(_CREDENTIALS_SECONDS)
    except TooLongError as error:
        raise ApiError(
            "no-access", f"{source}: its credential plugin did not answer in {_CREDENTIALS_SECONDS:.0f} s"
        ) from error
    except Exception as error:
        # The package raises whatever a malformed file leads to.
        raise ApiError("no-access", f"{source}: {printable(str(error)) or type(error).__name__}") from error
    finally:
        logger.removeHandler(complaints)
        worker.shutdown(wait=False)
    settings = client.configuration
    if complaints.lines and not (settings.api_key or settings.cert_file):
        raise ApiError("no-access", f"{source}: {complaints.lines[0]}")
    return Access(client, printable(str(settings.host)), source)


class _Complaints(logging.Handler):
    """Keeps what the package only logs: that a credential plugin failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(printable(record.getMessage()))
