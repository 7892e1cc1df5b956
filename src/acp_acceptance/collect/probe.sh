# What is read on a node. Sent on standard input and run by sh: dash, bash, busybox ash, ksh. Nothing here writes to
# the node: files are read, and commands are asked in ways that change nothing.
#
# Output is a sequence of sections of parts, between marker lines that begin with $nonce, a word made for this run.

PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C LANG=C SYSTEMD_PAGER='' SYSTEMD_COLORS=0
export PATH LC_ALL LANG SYSTEMD_PAGER SYSTEMD_COLORS
unset CDPATH ENV BASH_ENV 2>/dev/null
part_limit=4194304

# --- frames ---------------------------------------------------------------------------------------------------------

mark() { printf '\n%s %s\n' "$nonce" "$*"; }

# file NAME PATH: the content of a file, or that it is absent.
file() {
  if [ -e "$2" ] || [ -L "$2" ]; then
    mark "part $1"
    mark "part $1" >&2
    head -c "$part_limit" "$2"
    mark "done $1 $?"
  else
    mark "absent $1"
  fi
}

# command NAME COMMAND ...: the output of a command, or that it is not installed.
command_() {
  name=$1
  shift
  if command -v "$1" >/dev/null 2>&1; then
    mark "part $name"
    mark "part $name" >&2
    { "$@"; mark "done $name $?"; } | head -c "$part_limit"
  else
    mark "absent $name"
  fi
}

# --- sections, each named like the fact it is for -------------------------------------------------------------------

section_os() {
  file os-release /etc/os-release
  file centos-release /etc/centos-release
}

section_kernel() {
  file osrelease /proc/sys/kernel/osrelease
  command_ machine uname -m
}

section_boot() {
  for path in /etc/default/grub /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg \
    /boot/grub/grubenv /boot/grub2/grubenv /boot/loader/entries/*.conf; do
    if [ -e "$path" ]; then file "file:$path" "$path"; fi
  done
}

section_hugepages() { file enabled /sys/kernel/mm/transparent_hugepage/enabled; }

section_modules() {
  # Every loaded module has a folder there, and built-in ones that have parameters.
  command_ sys-module ls /sys/module
  read -r release </proc/sys/kernel/osrelease
  file builtin "/lib/modules/$release/modules.builtin"
}

section_swap() {
  file proc-swaps /proc/swaps
  file fstab /etc/fstab
  command_ systemctl systemctl list-unit-files --type=swap --no-legend --no-pager
  for path in /etc/systemd/zram-generator.conf /etc/systemd/zram-generator.conf.d/*.conf \
    /usr/lib/systemd/zram-generator.conf; do
    if [ -e "$path" ]; then file "zram:$path" "$path"; fi
  done
}

section_cpu() { command_ cpuinfo grep -E '^(processor|model name|Model Name|Hardware)' /proc/cpuinfo; }

section_memory() { file meminfo /proc/meminfo; }

section_hostname() { file hostname /proc/sys/kernel/hostname; }

section_resolver() {
  # A dangling link gives no configuration: it counts as absent.
  if [ -e /etc/resolv.conf ]; then file resolv-conf /etc/resolv.conf; else mark "absent resolv-conf"; fi
  command_ resolved systemctl is-active systemd-resolved
}

section_listeners() {
  if command -v ss >/dev/null 2>&1; then
    command_ ss ss -lntup
  else
    for table in tcp tcp6 udp udp6; do
      if [ -e "/proc/net/$table" ]; then file "net:$table" "/proc/net/$table"; fi
    done
  fi
}

section_sshd() {
  command_ sshd sshd -T
  for path in /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf; do
    if [ -e "$path" ]; then file "file:$path" "$path"; fi
  done
}

section_identity() {
  file machine-id /etc/machine-id
  file product-uuid /sys/class/dmi/id/product_uuid
  for path in /sys/class/net/*/address; do
    interface=${path%/address}
    if [ -e "$path" ]; then file "mac:${interface##*/}" "$path"; fi
  done
}

section_links() {
  file route /proc/net/route
  file route6 /proc/net/ipv6_route
  # What an interface does not know is an error to read; the others are read all the same.
  command_ attributes grep -s . /sys/class/net/*/speed /sys/class/net/*/mtu /sys/class/net/*/operstate
}

section_packages() {
  command_ dpkg-query dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\n'
  # Where dpkg rules, an rpm command is a mere tool, and its database empty. As root, rpm would touch the index files
  # beside its database; as nobody it only reads.
  if ! command -v dpkg-query >/dev/null 2>&1 && command -v rpm >/dev/null 2>&1; then
    unprivileged=''
    if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
      unprivileged='setpriv --reuid=65534 --regid=65534 --clear-groups'
    fi
    # shellcheck disable=SC2086 - words, or none
    command_ rpm $unprivileged rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\n'
  elif ! command -v rpm >/dev/null 2>&1; then
    mark "absent rpm"
  fi
  command_ snap snap list
}

# --- running --------------------------------------------------------------------------------------------------------

# A section runs in a process of its own. One watchdog for the whole probe rings each second; a section that outlives
# its limit is ended with all its children and left behind, also where it cannot die (a dead mount).
rings=0
trap 'rings=$((rings + 1))' ALRM

descendants() {
  for status in /proc/[0-9]*/status; do
    child='' parent=''
    while read -r key value rest; do
      case $key in
        Pid:) child=$value ;;
        PPid:) parent=$value && break ;;
      esac
    done 2>/dev/null <"$status"
    if [ "$parent" = "$1" ]; then
      descendants_of="$descendants_of $child"
    fi
  done
}

end_section() {
  descendants_of=$1
  for process in $1; do descendants "$process"; done
  # Children of children: twice more is as deep as these sections go.
  for process in $descendants_of; do descendants "$process"; done
  for process in $descendants_of; do kill -KILL "$process" 2>/dev/null; done
}

section() {
  mark "section $1"
  mark "section $1" >&2
  rings=0
  "section_$1" </dev/null &
  running=$!
  while :; do
    wait "$running" 2>/dev/null
    status=$?
    kill -0 "$running" 2>/dev/null || break
    if [ "$rings" -gt "$2" ]; then
      end_section "$running"
      status=timeout
      break
    fi
  done
  mark "end $1 $status"
}

run_probe() {
  mark "say rights $1"
  main=$$
  (while sleep 1; do kill -ALRM "$main" || exit; done) >/dev/null 2>&1 </dev/null &
  watchdog=$!
  for entry in $sections; do section "${entry%%:*}" "${entry##*:}"; done
  kill "$watchdog" 2>/dev/null
  mark "say complete"
}

# --- rights ---------------------------------------------------------------------------------------------------------

# The script runs again as root where it can: as it is, by sudo without a password, by sudo with one. The password is
# tried once, on a command that does nothing, and sudo remembers nothing of any of it (-k).
hand_on() { printf 'nonce=%s sections="%s" escalated=%s\n%s\n' "$nonce" "$sections" "$1" "$script"; }

start() {
  if [ -n "$escalated" ]; then
    run_probe "$escalated"
    return
  fi
  mark "say user $(id -un 2>/dev/null || id -u)"
  if [ "$(id -u)" = 0 ]; then
    run_probe root
  elif [ "$become" = no ]; then
    mark "say refused the inventory says become: false"
    run_probe none
  elif ! command -v sudo >/dev/null 2>&1; then
    mark "say refused sudo is not installed"
    run_probe none
  elif refusal=$(sudo -n -k true 2>&1); then
    hand_on sudo | sudo -n -- sh -c 'eval "$(cat)"'
  elif [ -n "$secret" ] && refusal=$(printf '%s\n' "$secret" | sudo -S -k -p '' -- true 2>&1); then
    { printf '%s\n%s\n' "$secret" "$nonce" && hand_on sudo-password; } |
      sudo -S -k -p '' -- sh -c 'while IFS= read -r line && [ "$line" != "$0" ]; do :; done; eval "$(cat)"' "$nonce"
  else
    mark "say refused $(printf '%s' "$refusal" | tr '\n' ' ')"
    run_probe none
  fi
}

start
