"""Faults of a node of a disaster recovery pair's standby."""

from __future__ import annotations

from lab.faults.fault import Fault, instead

_KEY = "preflight.recovery.dr-encryption-key-copied"
_PLAN = "recovery"
_FILE = "/etc/kubernetes/encryption-provider.conf"


def _file(word: str, mode: str = "600") -> str:
    return f"mkdir -p /etc/kubernetes\necho 'kind: {word}' >{_FILE}\nchmod {mode} {_FILE}"


_COPIED = _file("EncryptionConfiguration")

FAULTS = (
    Fault("encryption-key", "", "the encryption file of the pair's primary is there", _COPIED, plan=_PLAN),
    Fault("encryption-key-missing", _KEY, "the encryption file is not there", f"rm -f {_FILE}", plan=_PLAN),
    Fault(
        "encryption-key-other", _KEY, "the encryption file is another than the primary's", _file("Other"), plan=_PLAN
    ),
    Fault(
        "encryption-key-public",
        _KEY,
        "everybody can read the encryption file",
        _file("EncryptionConfiguration", "644"),
        plan=_PLAN,
    ),
    Fault(
        "unreadable-encryption-key",
        _KEY,
        "the encryption file cannot be read",
        f"{_COPIED}\n{instead('sha256sum', 'exit 1')}",
        breaks=True,
        plan=_PLAN,
    ),
)
