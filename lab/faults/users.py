"""Faults of sshd's options, and of reaching the node at all."""

from __future__ import annotations

from lab.faults.fault import Fault, instead, unreadable

_OPTIONS = "preflight.users.sshd-options"
_REACHABLE = "preflight.users.node-reachable"
_TASKS = "preflight.users.default-tasks-max"
_MANAGER = "/etc/lab/systemd/manager"
_RELOAD = "/usr/lib/lab/reload-sshd"
_DROP_ALL = """nft -f - <<'RULES'
table inet lab {
  chain in { type filter hook input priority 0; policy drop; }
  chain out { type filter hook output priority 0; policy drop; }
}
RULES"""

_END_SSHD = """server=$(cat /run/sshd.pid)
kill "$server"
while kill -0 "$server" 2>/dev/null; do sleep 0.01; done"""

_NO_SSHD_T = """
case " $* " in
  *" -T "* | *" -t "*) echo "sshd: cannot be asked" >&2; exit 255 ;;
esac
exec /usr/lib/lab/real/sshd "$@"
"""

_NEW_HOST_KEY = f"""
cd /etc/ssh
rm ssh_host_ed25519_key ssh_host_ed25519_key.pub
ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key
{_RELOAD}
"""

# As when its power fails: what is killed cannot say goodbye. A uname that takes long keeps a quick visitor until then.
_DIE_MIDWAY = f"""
cat >/run/lab-die <<'SCRIPT'
{_DROP_ALL}
kill -9 -1
SCRIPT
/usr/lib/lab/on-login 0.2 sh /run/lab-die
{instead("uname", "sleep 5")}
"""

FAULTS = (
    Fault(
        "sshd-use-pam",
        _OPTIONS,
        "UsePAM yes, in a file that is included",
        f"echo 'UsePAM yes' >/etc/ssh/sshd_config.d/10-pam.conf\n{_RELOAD}",
    ),
    Fault(
        "sshd-use-dns",
        _OPTIONS,
        "UseDNS yes, in a file that is included",
        f"echo 'UseDNS yes' >/etc/ssh/sshd_config.d/10-dns.conf\n{_RELOAD}",
    ),
    Fault(
        "unreadable-sshd",
        _OPTIONS,
        "neither sshd -T nor sshd's files say its options",
        instead("sshd", _NO_SSHD_T) + "\n" + unreadable("/etc/ssh/sshd_config"),
        breaks=True,
    ),
    Fault(
        "tasks-limited",
        _TASKS,
        "DefaultTasksMax is 15000",
        f"sed -i 's/^DefaultTasksMax=.*/DefaultTasksMax=15000/' {_MANAGER}",
    ),
    Fault(
        "tasks-limited-high",
        f"{_TASKS}-advised",
        "DefaultTasksMax is 4194304",
        f"sed -i 's/^DefaultTasksMax=.*/DefaultTasksMax=4194304/' {_MANAGER}",
    ),
    Fault(
        "unreadable-tasks",
        _TASKS,
        "systemd does not say DefaultTasksMax",
        f"sed -i '/^DefaultTasksMax=/d' {_MANAGER}",
        breaks=True,
    ),
    Fault("ssh-closed", _REACHABLE, "the SSH port is closed", _END_SSHD),
    Fault("node-dead", _REACHABLE, "the node answers nothing at all", f"{_DROP_ALL}\n{_END_SSHD}"),
    Fault("wrong-host-key", _REACHABLE, "sshd has another host key than the known one", _NEW_HOST_KEY),
    Fault(
        "key-refused",
        _REACHABLE,
        "no user's key is accepted",
        "for file in /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys; do : >$file; done",
    ),
    Fault(
        "dies-midway",
        _REACHABLE,
        "the node dies 0.2 s after somebody has logged in, and says nothing any more",
        _DIE_MIDWAY,
    ),
)
