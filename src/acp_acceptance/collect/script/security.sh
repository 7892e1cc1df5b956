# What guards the node, and services and limits that systemd keeps.

section_security() {
  line enforce /sys/fs/selinux/enforce
  brief getenforce getenforce
  file selinux-config /etc/selinux/config
  line apparmor /sys/module/apparmor/parameters/enabled
  file apparmor-profiles /sys/kernel/security/apparmor/profiles
}

# Asking for rules can load the kernel's filter: only what is loaded already is asked.
tables() {
  loaded=''
  read -r loaded 2>/dev/null <"/proc/net/$1_tables_names"
  if [ -n "$loaded" ]; then
    if command -v "$1tables-legacy-save" >/dev/null 2>&1; then
      command_ "$1tables" "$1tables-legacy-save"
    else
      command_ "$1tables" "$1tables-save"
    fi
  fi
}

section_firewall() {
  if [ ! -e /sys/module/nf_tables ]; then
    mark "part unloaded"
    mark "done unloaded 0"
  elif command -v nft >/dev/null 2>&1; then
    command_ nft nft list ruleset
  else
    command_ nft iptables-save
    command_ nft6 ip6tables-save
  fi
  tables ip
  tables ip6
}

section_services() {
  # shellcheck disable=SC2086 - words
  brief systemctl systemctl show --no-pager --property=Id,Names,LoadState,ActiveState,UnitFileState -- $units
}

section_tasks() { brief systemctl systemctl show --property=DefaultTasksMax; }
