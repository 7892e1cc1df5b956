"""One side alone is not as it should be: its nodes, its keys, its backups, its health."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from lab.control_plane.static_pods import ENCRYPTION
from lab.faults import FAULTS as NODE_FAULTS
from lab.pair.contents import ENCRYPTION_MANAGER, elasticsearch_secret
from lab.pair.faults.fault import Fault
from lab.pair.faults.names import BACKUP, DETERMINISTIC, ELASTICSEARCH, MACHINES, SAME_KEYS, WORKLOADS
from lab.pair.faults.steps import BOTH, PRIMARY, STANDBY, On, OnNodes, Seed
from lab.pair.shared import ENCRYPTION_KEY, another_key, encryption_config
from lab.platform.api import Reference, reference
from lab.platform.faults.steps import Change
from lab.platform.resources import module_info
from lab.seeding import Do

if TYPE_CHECKING:
    from lab.pair.faults.steps import Step
    from lab.pair.side import Side
    from lab.platform.api import Object
    from lab.platform.platform import Platform

_BACKUP = Reference("enhancement.cluster.alauda.io/v1", "EtcdBackupConfiguration", "etcd-backup-default")
_WITH_MANAGER = ("4.3",)
_WITH_BACKUP = ("4.2", "4.3")
_OLD_DAYS = 40


_TRUE_CLOCK = """kept=/usr/lib/lab/real/date place=$(command -v date)
if [ -e $kept ]; then rm $place; mv $kept $place; fi"""


def _written(text: str) -> str:
    made = f"rm -rf {ENCRYPTION}\numask 077\ncat >{ENCRYPTION} <<'WORDS'\n{text}WORDS\n"
    return f"{made}chown 0:0 {ENCRYPTION}\nchmod 600 {ENCRYPTION}\n"


def _right_file(_side: Side) -> str:
    return _written(encryption_config(ENCRYPTION_KEY))


def _encryption(script: str, *sides: str) -> tuple[Step, ...]:
    """Change the file; API servers read it only when they start."""
    return (OnNodes(sides or (STANDBY,), script, _right_file),)


def _backup(**record: object) -> tuple[Step, ...]:
    return (On((STANDBY,), Change(lambda _platform: _BACKUP, lambda item: _newest(item).update(record))),)


def _managed(**settings: str) -> tuple[Step, ...]:
    def which(platform: Platform) -> Reference:
        return reference(module_info(platform.site, ENCRYPTION_MANAGER, "plugin", ENCRYPTION_MANAGER))

    return (On((STANDBY,), Change(which, lambda item: item["spec"]["config"].update(settings))),)


def _newest(item: Object) -> Object:
    newest: Object = item["status"]["records"][0]
    return newest


def _days_ago(days: int) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _twice_named() -> str:
    text = encryption_config(ENCRYPTION_KEY, another_key())
    return text.replace("name: key2", "name: key1")


_KEY_FAULTS = (
    Fault(
        "encryption-keys-differ",
        SAME_KEYS,
        "the standby's nodes have another key",
        _encryption(_written(encryption_config(another_key()))),
    ),
    Fault(
        "encryption-keys-merged-on-one-side",
        SAME_KEYS,
        "the standby's nodes have one key more",
        _encryption(_written(encryption_config(ENCRYPTION_KEY, another_key()))),
    ),
    Fault(
        "encryption-key-names-twice",
        SAME_KEYS,
        "both sides have the same two keys, by one name",
        _encryption(_written(_twice_named()), *BOTH),
    ),
    Fault(
        "encryption-file-open",
        SAME_KEYS,
        "everybody may read the file with the keys",
        _encryption(f"chmod 644 {ENCRYPTION}"),
    ),
    Fault(
        "encryption-file-owned",
        SAME_KEYS,
        "the file with the keys is not root's",
        _encryption(f"chown 1000:1000 {ENCRYPTION}"),
    ),
    Fault(
        "encryption-file-missing",
        SAME_KEYS,
        "the standby's nodes have no file with keys",
        _encryption(f"rm {ENCRYPTION}"),
    ),
    Fault(
        "encryption-file-unreadable",
        SAME_KEYS,
        "a folder is in the file's place on the standby",
        _encryption(f"rm {ENCRYPTION}; mkdir {ENCRYPTION}"),
        breaks=True,
    ),
)

_MANAGER_FAULTS = (
    Fault(
        "encryption-not-deterministic",
        DETERMINISTIC,
        "the standby's encryption is not deterministic",
        _managed(mode="randomised"),
        releases=_WITH_MANAGER,
    ),
    Fault(
        "replication-group-differs",
        DETERMINISTIC,
        "the standby is in another replication group",
        _managed(replication_group_id="another"),
        releases=_WITH_MANAGER,
    ),
    Fault(
        "root-key-differs",
        DETERMINISTIC,
        "the standby has another root key",
        _managed(root_key="planted-other-root-key"),
        releases=_WITH_MANAGER,
    ),
)

_BACKUP_FAULTS = (
    Fault(
        "backup-failed",
        BACKUP,
        "the newest backup of etcd on the standby failed",
        _backup(result="Failed", message="no space left on device"),
        releases=_WITH_BACKUP,
    ),
    Fault(
        "backup-old",
        BACKUP,
        f"the newest backup of etcd on the standby is {_OLD_DAYS} days old",
        _backup(startTime=_days_ago(_OLD_DAYS), completionTime=_days_ago(_OLD_DAYS)),
        releases=_WITH_BACKUP,
    ),
    Fault(
        "backup-never",
        BACKUP,
        "no backup of etcd was made on the standby",
        (On((STANDBY,), Change(lambda _platform: _BACKUP, lambda item: item["status"].update(records=[]))),),
        releases=_WITH_BACKUP,
    ),
)

FAULTS = (
    *_KEY_FAULTS,
    *_MANAGER_FAULTS,
    *_BACKUP_FAULTS,
    Fault(
        "machine-not-running",
        MACHINES,
        "a Machine of the standby is Initializing",
        (Seed(STANDBY, "machine-initializing"),),
    ),
    Fault(
        "machine-not-running-on-primary",
        MACHINES,
        "a Machine of the primary is Initializing",
        (Seed(PRIMARY, "machine-initializing"),),
    ),
    Fault("standby-sick", WORKLOADS, "a Pod of the standby waits for a node", (Seed(STANDBY, "pod-pending"),)),
    Fault(
        "primary-sick",
        WORKLOADS,
        "an AppRelease of the primary is not healthy",
        (Seed(PRIMARY, "apprelease-not-ready"),),
    ),
    Fault(
        "elasticsearch-refuses",
        ELASTICSEARCH,
        "Elasticsearch of the standby does not know the platform's password: 401, after a failover",
        (
            On(
                (STANDBY,),
                Do(
                    lambda platform: platform.put(elasticsearch_secret("planted-other-passphrase")),
                    lambda platform: platform.put(elasticsearch_secret()),
                ),
            ),
        ),
    ),
    Fault(
        "clocks-apart",
        "",
        "the clock of the standby's nodes is a minute ahead",
        (OnNodes((STANDBY,), NODE_FAULTS["clock-ahead-60"].script, lambda _side: _TRUE_CLOCK),),
    ),
)
