"""Running commands as a Pod of the schedule runs them: with its service account's token where Pods have theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ACCOUNT = "acp-acceptance"
"""Of deploy/: name of both service accounts, and of the namespace of the one whose tokens kubeconfigs use."""
SCHEDULE_NAMESPACE = "cpaas-system"
"""Where the schedule's Pods run, with the account of cronjob.yaml."""
_THERE = "secrets/kubernetes.io/serviceaccount"
# A private /run, of which only the lab is this machine's: what else is there stays as it is.
_SCRIPT = """mount -t tmpfs none {private} && mkdir -p {private}/acp-lab {private}/{there} || exit
[ ! -d /run/acp-lab ] || mount --rbind /run/acp-lab {private}/acp-lab || exit
mount --bind {account} {private}/{there} && mount --rbind {private} /run && exec "$@"
"""


def token_of(kubectl: Callable[..., str], namespace: str = ACCOUNT) -> str:
    """Give a token of an account, which ends soon."""
    return kubectl("-n", namespace, "create", "token", ACCOUNT, "--duration=30m").strip()


def in_pod(kubectl: Callable[..., str], ca: Path, server: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Give a command that runs commands as in such a Pod, and its environment.

    Args:
        kubectl: runs kubectl as the administrator.
        ca: certificate of the cluster's authority.
        server: the API server's address.
        folder: for what a kubelet would mount.
    """
    account = folder / "serviceaccount"
    account.mkdir()
    token = account / "token"
    token.touch(mode=0o600)
    token.write_text(token_of(kubectl, SCHEDULE_NAMESPACE), encoding="utf-8")
    (account / "ca.crt").write_bytes(ca.read_bytes())
    (account / "namespace").write_text(SCHEDULE_NAMESPACE, encoding="utf-8")
    address = urlsplit(server)
    assert address.hostname
    private = folder / "run"
    private.mkdir()
    script = _SCRIPT.format(private=private, account=account, there=_THERE)
    environment = {"KUBERNETES_SERVICE_HOST": address.hostname, "KUBERNETES_SERVICE_PORT": str(address.port)}
    return ["unshare", "--mount", "sh", "-c", script, "sh"], environment
