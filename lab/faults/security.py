"""Faults of what restricts programs and packets: SELinux, AppArmor, packet filters."""

from __future__ import annotations

from lab.faults.fault import Fault, instead, unreadable

_SELINUX = "preflight.kernel.selinux"
_APPARMOR = "preflight.kernel.apparmor"
_FIREWALL = "preflight.kernel.firewall-off"
_UBUNTU = ("ubuntu-22.04", "ubuntu-20.04")
_RED_HAT = ("rhel-8.6", "rhel-7.8")
_ENABLED = "/sys/module/apparmor/parameters/enabled"
_UNITS = "/etc/lab/systemd/units"

# A port that nobody uses: nothing but this requirement may suffer.
_RULE = """nft -f - <<'RULES'
table inet filter {
  chain input { type filter hook input priority 0; policy accept; tcp dport 9 drop; }
}
RULES"""

FAULTS = (
    Fault("selinux-enforcing", _SELINUX, "SELinux is enforcing", "echo Enforcing >/etc/lab/selinux", flavours=_RED_HAT),
    Fault(
        "selinux-at-boot",
        _SELINUX,
        "SELinux is permissive after a reboot",
        "sed -i 's/^SELINUX=.*/SELINUX=permissive/' /etc/selinux/config",
        flavours=_RED_HAT,
    ),
    Fault(
        "unreadable-selinux",
        _SELINUX,
        "getenforce fails",
        instead("getenforce", "exit 1"),
        breaks=True,
        flavours=_RED_HAT,
        also=(_APPARMOR,),
    ),
    Fault("apparmor-on", _APPARMOR, "AppArmor is switched on", f"echo Y >{_ENABLED}", flavours=_UBUNTU),
    Fault(
        "apparmor-at-boot",
        _APPARMOR,
        "AppArmor starts at boot",
        f"sed -i 's/^apparmor.service masked/apparmor.service enabled/' {_UNITS}\n"
        "sed -i 's/ *apparmor=0//' /etc/default/grub /boot/grub/grub.cfg",
        flavours=_UBUNTU,
    ),
    Fault(
        "unreadable-apparmor",
        _APPARMOR,
        "AppArmor's state cannot be read",
        unreadable(_ENABLED),
        breaks=True,
        flavours=_UBUNTU,
        also=(_SELINUX,),
    ),
    Fault(
        "firewalld-active",
        _FIREWALL,
        "firewalld runs",
        f"sed -i 's/^firewalld.service disabled enabled inactive dead/firewalld.service enabled enabled active running/' {_UNITS}",
        flavours=_RED_HAT,
    ),
    Fault(
        "ufw-at-boot",
        _FIREWALL,
        "ufw starts at boot",
        f"sed -i 's/^ufw.service disabled/ufw.service enabled/' {_UNITS}",
        flavours=_UBUNTU,
    ),
    Fault("filter-rule", _FIREWALL, "a rule of nftables drops packets", _RULE),
    Fault("unreadable-rules", _FIREWALL, "nft fails", instead("nft", "exit 1"), breaks=True),
    Fault(
        "unreadable-services",
        _FIREWALL,
        "systemctl fails",
        instead("systemctl", "exit 1"),
        breaks=True,
        also=(_APPARMOR, "preflight.network.resolv-conf", "preflight.kernel.swap", "preflight.users.default-tasks-max"),
    ),
)
