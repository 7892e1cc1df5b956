# What lies between nodes: sections of the second round trip, sent before frames.sh, which they use. TCP is
# connected to and told nothing, UDP gets single bytes, ping a few packets of the link's size; nothing is changed.
#
# $tries holds a line for each peer: its number, its address, and places such as tcp:6443.

# All places of one peer in one process without children, since hundreds of peers may be tried at once. It is run by
# bash, for its /dev/tcp; what stands still is ended from outside.
walk='
number=$1 address=$2
shift 2
for place; do
  protocol=${place%%:*} port=${place#*:}
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
done'

# What one process says is printed on one line (unquoted: words), since lines of several do not mix.
one_line() {
  set -f
  # shellcheck disable=SC2048,SC2086 - words
  echo $*
}

# A place that stands still is what its process died of. It is tried again, in case the node was merely busy, and so
# are the places after it, each by itself and for longer.
try_peer() {
  said=$(timeout -k 1 4 bash -c "$walk" walk "$@" 2>&1)
  one_line "$said"
  done=$(printf '%s\n' "$said" | grep -c '^end ')
  number=$1 address=$2
  shift 2
  if [ "$done" -lt $# ]; then
    shift "$done"
    for place; do
      { said=$(timeout -k 1 8 bash -c "$walk" walk "$number" "$address" "$place" 2>&1); one_line "$said"; } &
    done
    wait
  fi
}

section_reach() {
  for program in bash timeout; do
    if ! command -v $program >/dev/null 2>&1; then mark "absent $program" && return; fi
  done
  mark "part tries"
  mark "part tries" >&2
  at_once=0
  while read -r line; do
    # shellcheck disable=SC2086 - words
    try_peer $line &
    at_once=$((at_once + 1))
    if [ $at_once -ge 12 ]; then wait && at_once=0; fi
  done <<EOF
$tries
EOF
  wait
  mark "done tries 0"
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
  mark "part ping"
  mark "part ping" >&2
  at_once=0
  while read -r number address size; do
    if [ -n "$address" ]; then ping_peer "$number" "$address" "$size" & fi
    at_once=$((at_once + 1))
    if [ $at_once -ge 12 ]; then wait && at_once=0; fi
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
