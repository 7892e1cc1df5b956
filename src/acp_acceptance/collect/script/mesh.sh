# What lies between nodes: sections of the second round trip, sent before frames.sh, which they use. TCP is
# connected to and told nothing, UDP gets single bytes, ping a few packets of the link's size; nothing is changed.
#
# $tries holds a line for each peer: its number, its address, and places such as tcp:6443. All is one bash, for its
# /dev/tcp, with a child for each peer that walks through the places: nodes may be many on few processors.
reach='
try() {
  protocol=${1%%:*} port=${1#*:}
  echo "try $number $protocol $port"
  if [ "$protocol" = tcp ]; then
    { : 3<>"/dev/tcp/$address/$port"; } 2>&1
  else
    for _ in 1 2 3; do
      { printf . >&3 && read -r -t 0.7 -n 1 _ <&3; } 3<>"/dev/udp/$address/$port" 2>&1
      status=$?
      [ $status -gt 128 ] || break
    done
    (exit $status)
  fi
  echo "end $?"
}

walk() {
  echo $BASHPID
  for place; do try "$place"; done
}

# attempt SECONDS PLACE ...: walks until a place stands still for so long; that one and those after it are left.
attempt() {
  patience=$1 said=
  shift
  left=("$@")
  exec 4< <(walk "$@" 2>&1)
  read -r walker <&4
  while read -r -t "$patience" line <&4; do
    said="$said $line"
    case $line in end\ *) left=("${left[@]:1}") ;; esac
  done
  [ ${#left[@]} = 0 ] || kill -KILL "$walker"
  echo $said
}

# What stands still is tried again, after the other places, and once more by itself and for longer: unless this node
# has so many processes that wait for a processor that nothing can be told.
try_peer() {
  number=$1 address=$2
  shift 2
  attempt 4 "$@"
  [ ${#left[@]} -gt 0 ] || return
  first=${left[0]}
  attempt 4 "${left[@]:1}"
  left=("${left[@]}" "$first")
  read -r _ _ _ waiting _ </proc/loadavg
  for place in "${left[@]}"; do
    if [ "${waiting%/*}" -gt $((20 * processors)) ]; then
      echo "try $number ${place%%:*} ${place#*:} busy"
    else
      attempt 8 "$place" &
    fi
  done
  wait
}

set -f
processors=$(getconf _NPROCESSORS_ONLN || echo 1)
while read -r line; do try_peer $line & done
wait'

section_reach() {
  if ! command -v bash >/dev/null 2>&1; then mark "absent bash" && return; fi
  part tries
  printf '%s' "$tries" | bash -c "$reach" reach
  mark "done tries 0"
}

# What one process says is printed on one line (unquoted: words), since lines of several do not mix.
one_line() {
  set -f
  # shellcheck disable=SC2048,SC2086 - words
  echo $*
}

# $ways holds a line for each peer: its number, its address, and the bytes of ping's packets.
ping_peer() {
  big=$(ping -n -q -M do -s "$3" -c 3 -i 0.2 -W 1 "$2" 2>&1)
  status=$?
  one_line "way $1 $status $big"
  if [ $status != 0 ]; then
    small=$(ping -n -q -c 3 -i 0.2 -W 1 "$2" 2>&1)
    one_line "small $1 $? $small"
  fi
}

section_ways() {
  if ! command -v ping >/dev/null 2>&1; then mark "absent ping" && return; fi
  part ping
  while read -r number address size; do
    if [ -n "$address" ]; then ping_peer "$number" "$address" "$size" & fi
  done <<EOF
$ways
EOF
  wait
  mark "done ping 0"
}

section_resolved() {
  if ! command -v getent >/dev/null 2>&1; then mark "absent getent" && return; fi
  for name in $names; do
    mark "part name:$name"
    getent ahosts "$name" | while read -r address _; do echo "$address"; done | sort -u
    mark "done name:$name 0"
  done
}
