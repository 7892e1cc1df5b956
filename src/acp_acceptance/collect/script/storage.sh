# File systems and disks.

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
  brief df df -P -k $holders
  brief lsblk lsblk -P -o KNAME,NAME,PKNAME,TYPE,ROTA
}
