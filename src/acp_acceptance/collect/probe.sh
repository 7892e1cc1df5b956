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

# files NAME PATH ...: those files that exist, each as a part of its own.
files() {
  name=$1
  shift
  for path; do
    if [ -e "$path" ]; then file "$name:$path" "$path"; fi
  done
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

# Asked for by itself only, to reach the API of an installed cluster: what it holds is used and not kept.
section_admin_conf() { file admin_conf /etc/kubernetes/admin.conf; }

# Asked for by itself only, on the installer node of an installed cluster: the names of containers, running or not.
section_installer() {
  command_ crictl crictl ps -a --name minialauda-control-plane -o json
  nerdctl=nerdctl
  if ! command -v nerdctl >/dev/null 2>&1 && [ -x /opt/nerdctl/bin/nerdctl ]; then
    nerdctl=/opt/nerdctl/bin/nerdctl
  fi
  command_ nerdctl "$nerdctl" ps -a --format '{{.Names}}'
  command_ nerdctl-k8s "$nerdctl" --namespace k8s.io ps -a --format '{{.Names}}'
  command_ docker docker ps -a --format '{{.Names}}'
}

section_os() {
  file os-release /etc/os-release
  file centos-release /etc/centos-release
}

section_kernel() {
  file osrelease /proc/sys/kernel/osrelease
  command_ machine uname -m
}

section_boot() {
  files file /etc/default/grub /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg \
    /boot/grub/grubenv /boot/grub2/grubenv /boot/loader/entries/*.conf
}

section_hugepages() { file enabled /sys/kernel/mm/transparent_hugepage/enabled; }

section_modules() {
  # Every loaded module has a folder there, and built-in ones that have parameters.
  command_ sys-module ls /sys/module
  read -r release </proc/sys/kernel/osrelease
  file builtin "/lib/modules/$release/modules.builtin"
  # A module that could be loaded, what is loaded at boot, and what is refused.
  command_ ipip grep -o '/ipip\.ko' "/lib/modules/$release/modules.dep"
  command_ at-boot grep -hsv '^ *[#;]' /etc/modules /etc/modules-load.d/*.conf /run/modules-load.d/*.conf \
    /usr/lib/modules-load.d/*.conf
  command_ refused grep -rhsE '^ *(blacklist|install) ' /etc/modprobe.d /run/modprobe.d /usr/lib/modprobe.d /lib/modprobe.d
}

section_swap() {
  file proc-swaps /proc/swaps
  file fstab /etc/fstab
  command_ systemctl systemctl list-unit-files --type=swap --no-legend --no-pager
  files zram /etc/systemd/zram-generator.conf /etc/systemd/zram-generator.conf.d/*.conf \
    /usr/lib/systemd/zram-generator.conf
}

section_security() {
  file enforce /sys/fs/selinux/enforce
  command_ getenforce getenforce
  file selinux-config /etc/selinux/config
  file apparmor /sys/module/apparmor/parameters/enabled
  file apparmor-profiles /sys/kernel/security/apparmor/profiles
}

# Asking for rules can load the kernel's filter: only what is loaded already is asked.
tables() {
  if grep -q . "/proc/net/$1_tables_names" 2>/dev/null; then
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
  command_ systemctl systemctl show --no-pager --property=Id,Names,LoadState,ActiveState,UnitFileState -- $units
}

section_tasks() { command_ systemctl systemctl show --property=DefaultTasksMax; }

section_cpu() {
  command_ cpuinfo grep -E '^(processor|model name|Model Name|Hardware|CPU implementer|CPU part)' /proc/cpuinfo
}

section_frequency() {
  for path in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor; do
    if [ -e "$path" ]; then
      command_ governors sort -u /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor
      break
    fi
  done
  files cpufreq /sys/devices/system/cpu/cpu0/cpufreq/base_frequency /sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq
  command_ cpuinfo grep -E -m 4 '^(model name|cpu MHz)' /proc/cpuinfo
  command_ dmidecode dmidecode -t processor
}

section_overcommit() {
  command_ stat grep '^cpu ' /proc/stat
  command_ vmstat grep '^balloon_' /proc/vmstat
}

section_memory() { file meminfo /proc/meminfo; }

section_hostname() {
  file hostname /proc/sys/kernel/hostname
  file at-boot /etc/hostname
}

section_hosts() { file hosts /etc/hosts; }

section_interfaces() {
  command_ addresses ip -o address show
  command_ routes ip route show
  command_ routes6 ip -6 route show
}

section_timezone() {
  command_ localtime readlink -f /etc/localtime
  command_ rule tail -n 1 /etc/localtime
  command_ now date '+%Z %z'
}

section_resolver() {
  # A dangling link gives no configuration: it counts as absent.
  if [ -e /etc/resolv.conf ]; then file resolv-conf /etc/resolv.conf; else mark "absent resolv-conf"; fi
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
  files file /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf
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

# The lists that follow come with the script: what any release asks for.
section_programs() {
  for name in $programs; do
    path=$(command -v "$name") && mark "part $name" && printf '%s' "$path" && mark "done $name 0" || mark "absent $name"
  done
}

section_binaries() {
  for folder in $binary_folders; do
    mark "part $folder"
    if [ -d "$folder" ]; then
      for name in $binary_names; do
        if [ -e "$folder/$name" ] || [ -L "$folder/$name" ]; then echo "$name"; fi
      done
    fi
    mark "done $folder 0"
  done
}

# For each path: kind, permissions, owner, group; of a folder also what is in it.
section_paths() {
  for path in $paths; do
    if [ -e "$path" ] || [ -L "$path" ]; then
      mark "part $path"
      mark "part $path" >&2
      # A pipe would hide that the folder cannot be listed.
      stat -c '%F|%a|%U|%G' -- "$path" && if [ -d "$path" ]; then
        entries=$(ls -A -- "$path") && printf '%s\n' "$entries" | head -n 20
      fi
      mark "done $path $?"
    else
      mark "absent $path"
    fi
  done
}

# The word keeps what is kept from being looked up.
encryption_digest() {
  bare=$(sha256sum </etc/kubernetes/encryption-provider.conf) || return
  echo "$encryption_word $bare" | sha256sum
}

# Names only: nothing but a name's end or a comment may follow it, and a key stands in a line of its own.
encryption_keys() {
  tr '{},"'"'" '\n\n\n  ' </etc/kubernetes/encryption-provider.conf |
    sed -n \
      -e 's/^[[:space:]-]*\(aes[a-z]*\)[[:space:]]*:.*$/provider \1/p' \
      -e 's/^[[:space:]-]*\(secretbox\)[[:space:]]*:.*$/provider \1/p' \
      -e 's/^[[:space:]-]*\(kms\)[[:space:]]*:.*$/provider \1/p' \
      -e 's/[[:space:]]#.*$//' \
      -e 's/^[[:space:]-]*name[[:space:]]*:[[:space:]]*\([A-Za-z0-9._-]\{1,63\}\)[[:space:]]*$/key \1/p'
}

section_encryption() {
  if [ -e /etc/kubernetes/encryption-provider.conf ]; then
    command_ stat stat -c '%a|%U|%G' /etc/kubernetes/encryption-provider.conf
    command_ digest encryption_digest
    command_ keys encryption_keys
  else
    mark "absent stat"
  fi
}

section_kubernetes() {
  mark "part processes"
  for path in /proc/[0-9]*/comm; do
    IFS= read -r name 2>/dev/null <"$path" || continue
    case $name in
      kubelet | kube-apiserver | kube-controller | kube-scheduler | kube-proxy | etcd | k3s* | rke2* | microk8s*) echo "$name" ;;
    esac
  done
  mark "done processes 0"
}

section_mounts() { file mounts /proc/self/mounts; }

# For each folder: the nearest one that exists, and the file system that holds it.
section_filesystems() {
  holders=''
  mark "part folders"
  for path in $folders; do
    holder=$path
    while [ ! -d "$holder" ] && [ "$holder" != / ]; do
      holder=${holder%/*}
      holder=${holder:-/}
    done
    echo "$path $holder"
    holders="$holders $holder"
  done
  mark "done folders 0"
  # shellcheck disable=SC2086 - words
  command_ df df -P -k $holders
  command_ lsblk lsblk -P -o KNAME,NAME,PKNAME,TYPE,ROTA
}

# The Core Package, on the installer node only: the others are told no folder.
section_package() {
  if [ -z "${package_folder:-}" ]; then mark "absent folder"; return; fi
  command_ folder ls -dn "$package_folder"
  if [ -n "$package_file" ]; then command_ file ls -dn "$package_file"; fi
  command_ files package_files
  command_ unpacked package_unpacked
  command_ extensions package_extensions
}

# The proof reads the whole package, some 20 GB: only where the inventory gives something to compare it with.
section_package_proof() {
  core=$(package_core)
  if [ -z "$core" ]; then mark "absent core"; fi
  if [ -n "$core" ] && [ -n "${package_digest:-}" ]; then
    command_ checksum "$package_digest" "$core"
  fi
  if [ -n "$core" ] && [ -n "${package_signature:-}" ] && [ -n "${package_keyring:-}" ]; then
    command_ signature package_verified "$core"
  fi
}

package_files() {
  for path in "$package_file" "$package_folder"/installer-*.tar "${package_folder%/*}"/installer-*.tar; do
    if [ -n "$path" ] && [ -f "$path" ]; then stat -c '%s %n' "$path"; fi
  done
}

# The named file, or the only one that is called like a Core Package.
package_core() {
  if [ -n "${package_file:-}" ]; then
    if [ -f "$package_file" ]; then echo "$package_file"; fi
  elif [ -n "${package_folder:-}" ]; then
    package_files | sed -n 's,^[0-9]* \(.*/installer-core-[^/]*\)$,\1,p' | sort -u |
      { IFS= read -r path && ! IFS= read -r another && echo "$path"; }
  fi
}

package_unpacked() {
  for path in "$package_folder/installer/setup.sh" "$package_folder/installer/res"; do
    if [ -e "$path" ]; then echo "$path"; fi
  done
}

# Of each package of extensions: how many of its first files are there, unpacked beside the Core Package's.
package_extensions() {
  package_files | sed -n 's,^[0-9]* \(.*/installer-extensions-[^/]*\)$,\1,p' | sort -u | while IFS= read -r path; do
    tar -tf "$path" 2>/dev/null | grep -v '/$' | head -n 20 | {
      found=0 looked=0
      while IFS= read -r name; do
        looked=$((looked + 1))
        if [ -e "$package_folder/$name" ]; then found=$((found + 1)); fi
      done
      echo "$found $looked $path"
    }
  done
}

package_verified() {
  # Its exit status says whether the signature is good; that it is not must not look as if it could not be read.
  gpgv --keyring "$package_keyring" "$package_signature" "$1" 2>&1
  echo "status $?"
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
  mark "say complete" >&2
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
  # The last but one word is the address at which the connection ended here.
  arrived=${SSH_CONNECTION% *}
  mark "say arrived ${arrived##* }"
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
