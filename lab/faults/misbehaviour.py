"""Ways in which a node can be hard to measure, without breaking a requirement."""

from __future__ import annotations

from lab.faults.fault import Fault, instead

_MANAGERS = "rpm dpkg-query"

FAULTS = (
    Fault(
        "hung-packages",
        "",
        "the package manager hangs, and does not end when told",
        instead(_MANAGERS, "trap '' TERM\nsleep 1000"),
    ),
    Fault("flood", "", "the package manager prints 20 MB", instead(_MANAGERS, "yes 0123456789 | head -c 20000000")),
    Fault(
        "binary-junk",
        "",
        "snap prints NUL, escape codes and invalid UTF-8",
        "cat >/usr/bin/snap <<'SCRIPT'\n#!/bin/sh\nprintf '\\000\\033[31m\\033]0;title\\007\\377\\376\\n'\n"
        "head -c 20000 /dev/urandom\nSCRIPT\nchmod 755 /usr/bin/snap",
    ),
    Fault(
        "banner",
        "",
        "a banner before the login and a message after it",
        "printf 'Authorised use only \\033[5m!\\n' | tee /etc/issue.net >/etc/motd\n"
        "echo 'Banner /etc/issue.net' >/etc/ssh/sshd_config.d/20-banner.conf\n/usr/lib/lab/reload-sshd",
    ),
    Fault("no-sudo", "", "sudo is not installed", "rm /usr/bin/sudo"),
    Fault("slow-shell", "", "each session takes 3 s before its shell starts", "echo 'sleep 3' >/etc/ssh/sshrc"),
)
