# What only disaster recovery asks of a node: sections that are asked for by themselves.

# The monitor of etcd synchronisation is asked as by curl, with what the node has: $monitor_address, $monitor_port, and
# $monitor_host as it stands in a request. The whole response is packed, so that many keys fit into a part.
request='GET /check HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nAccept: */*\r\n\r\n'
by_bash='exec 3<>"/dev/tcp/$1/$2" && printf "$3" "$4" >&3 && cat <&3'

ask_monitor() {
  if command -v bash >/dev/null 2>&1; then
    bash -c "$by_bash" ask "$monitor_address" "$monitor_port" "$request" "$monitor_host"
  elif command -v curl >/dev/null 2>&1; then
    curl -q -sS -g -i --raw --noproxy '*' -m 20 "http://$monitor_host:$monitor_port/check"
  else
    # shellcheck disable=SC2059 - the format is ours
    printf "$request" "$monitor_host" | nc -w 20 "$monitor_address" "$monitor_port"
  fi
}

packed_answer() { ask_monitor | gzip -c | base64; }

section_monitor() {
  if ! command -v bash >/dev/null 2>&1 && ! command -v curl >/dev/null 2>&1 && ! command -v nc >/dev/null 2>&1; then
    mark "absent asking"
  fi
  if command -v gzip >/dev/null 2>&1 && command -v base64 >/dev/null 2>&1; then
    command_ packed packed_answer
  else
    mark "absent packed"
  fi
}

# $etcd_places holds a line for each address: its number, the address and the port. Each is connected to five times and
# told nothing; the shortest time of a TCP handshake is a round trip.
connect='TIMEFORMAT=%3R; time { : 3<>"/dev/tcp/$1/$2"; }'

try_place() {
  for _ in 1 2 3 4 5; do
    said=$(timeout -k 1 3 bash -c "$connect" connect "$2" "$3" 2>&1)
    one_line "try $1 $? $said"
  done
}

section_etcd_path() {
  for program in bash timeout; do
    if ! command -v $program >/dev/null 2>&1; then mark "absent $program" && return; fi
  done
  part tries
  while read -r number address port; do
    if [ -n "$address" ]; then try_place "$number" "$address" "$port" & fi
  done <<EOP
$etcd_places
EOP
  wait
  mark "done tries 0"
}
