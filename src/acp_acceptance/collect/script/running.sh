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
  rights=$1
  mark "say rights $rights"
  main=$$
  (while sleep 1; do kill -ALRM "$main" || exit; done) >/dev/null 2>&1 </dev/null &
  watchdog=$!
  for entry in $sections; do section "${entry%%:*}" "${entry##*:}"; done
  kill "$watchdog" 2>/dev/null
  mark "say complete"
  mark "say complete" >&2
}
