# Packages, programs, files that other installations left.

section_packages() {
  command_ dpkg-query dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\n'
  # Where dpkg rules, an rpm command is a mere tool, and its database empty. As root, rpm would touch the index files
  # beside its database; as nobody it only reads.
  if ! command -v dpkg-query >/dev/null 2>&1 && command -v rpm >/dev/null 2>&1; then
    unprivileged=''
    if [ "$rights" != none ] && command -v setpriv >/dev/null 2>&1; then
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
    if command -v "$name" >/dev/null; then
      mark "part $name"
      command -v "$name"
      mark "done $name 0"
    else
      mark "absent $name"
    fi
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
      part "$path"
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
    brief stat stat -c '%a|%U|%G' /etc/kubernetes/encryption-provider.conf
    brief digest encryption_digest
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
