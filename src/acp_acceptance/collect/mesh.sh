# What lies between nodes: sections of the second round trip, sent before probe.sh, whose frames they use. It connects, says nothing on TCP,
# sends one byte on UDP, and changes nothing. $tries holds lines of: number of the peer, address, protocol, port.

# One try in a bash of its own: a failed redirection ends it, and its sockets with it.
one_try='
number=$0 address=$1 protocol=$2 port=$3
outcome() {
  case $1 in
    "") echo open ;;
    *"Connection refused"*) echo refused ;;
    *"No route to host"* | *"ermission denied"* | *"not permitted"*) echo prohibited ;;
    *"etwork is unreachable"*) echo unreachable ;;
    *"timed out"*) echo no-answer ;;
    *) echo unknown ;;
  esac
}
if [ "$protocol" = tcp ]; then
  said=$(timeout 3 bash -c "exec 3<>/dev/tcp/$address/$port" 2>&1)
  status=$?
else
  said=$(bash -c "exec 3<>/dev/udp/$address/$port || exit 1
    for _ in 1 2 3 4; do printf . >&3 || exit 1; sleep 0.4; done; exit 124" 2>&1)
  status=$?
fi
case $status in
  0) result=open ;;
  124 | 143) result=no-answer ;;
  *) result=$(outcome "$said") ;;
esac
printf "%s %s %s %s\n" "$number" "$protocol" "$port" "$result"
'

section_reach() {
  if ! command -v timeout >/dev/null 2>&1; then
    mark "absent tries"
  elif command -v bash >/dev/null 2>&1; then
    mark "part tries"
    mark "part tries" >&2
    printf '%s' "$tries" | xargs -P 64 -n 4 bash -c "$one_try"
    mark "done tries $?"
  else
    mark "absent tries"
  fi
}
