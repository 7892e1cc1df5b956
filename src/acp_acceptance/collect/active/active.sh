# What loads a node, where that is allowed. Sent on standard input and run by sh: dash, bash, busybox ash, ksh.
#
# Standard input stays open as long as the runner lives: its end, a signal, and the bound of $limit seconds each end
# everything that was started here and remove the one file that is written. Everything started here has ACP_ACTIVE in its
# environment (when it must be over, and $nonce), and the file has that in its name: that is how it is found again.

PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C LANG=C
export PATH LC_ALL LANG
unset CDPATH ENV BASH_ENV 2>/dev/null
main=$$

mark() { printf '\n%s %s\n' "$nonce" "$*"; }

# --- being removed, whatever happens --------------------------------------------------------------------------------

nearest() {
  place=$1
  while [ ! -d "$place" ]; do place=${place%/*}; [ -n "$place" ] || place=/; done
  printf '%s\n' "$place"
}

having() { grep -l -s -e "ACP_ACTIVE=$1" /proc/[0-9]*/environ; }

# remove PROCESS: everything of this run but that process, and its file.
remove() {
  # Twice, since what is just being killed may have started something.
  for _ in 1 2; do
    for environ in $(having "$ACP_ACTIVE"); do
      process=${environ#/proc/}
      process=${process%/environ}
      case $process in "$1" | "$main") ;; *) kill -KILL "$process" ;; esac
    done 2>/dev/null
  done
  for folder in $folders; do rm -f "$(nearest "$folder")/.acp-active-$ACP_ACTIVE".*; done
}

finish() {
  trap '' EXIT HUP TERM INT PIPE
  remove "$main"
}

# guard COMMAND: when that ends, everything does, also where the main process does not listen any more.
guard() {
  trap '' HUP TERM INT PIPE
  own=$(exec sh -c 'echo $PPID')
  "$@"
  kill -TERM "$main" 2>/dev/null
  sleep 2
  remove "$own"
  kill -KILL "$main"
}

# What an earlier run has left behind that could not even be told to end (the machine was switched off): its file where
# no process of it is left or its time is over, and processes whose time is over.
sweep() {
  now=$(date +%s)
  for folder in $folders; do
    for file in "$(nearest "$folder")"/.acp-active-[0-9]*-acp-*.*; do
      [ -f "$file" ] && [ ! -L "$file" ] || continue
      run=${file##*/.acp-active-}
      run=${run%.*}
      if [ "${run%%-*}" -lt "$now" ] || [ -z "$(having "$run")" ]; then rm -f "$file"; fi
    done
  done
  for environ in $(having '[0-9]*-acp-'); do
    run=$(tr '\0' '\n' <"$environ" | sed -n 's/^ACP_ACTIVE=//p')
    process=${environ#/proc/}
    if [ "${run%%-*}" -lt "$now" ]; then kill -KILL "${process%/environ}"; fi
  done 2>/dev/null
}

installed() {
  if [ -e /etc/kubernetes/manifests ]; then
    echo "/etc/kubernetes/manifests is there"
    return
  fi
  for comm in /proc/[0-9]*/comm; do
    if read -r name <"$comm" && [ "$name" = kubelet ]; then echo "kubelet runs" && return; fi
  done 2>/dev/null
}

# --- disks ----------------------------------------------------------------------------------------------------------

part() { mark "part $1"; }
done_() { mark "done $1 ${2:-0}"; }
refuse() { part "refused:$1"; echo "$2"; done_ "refused:$1"; }

zeros() { dd if=/dev/zero of="$file" "$@" 2>&1; }

task_disk() {
  measured=
  for folder in $folders; do
    place=$(nearest "$folder")
    # shellcheck disable=SC2046 - the words of one line
    set -- $(df -Pk "$place" | tail -n 1)
    device=$1 total=$2 available=$4
    for mount; do :; done
    part "place:$folder"
    echo "$place $mount $device"
    done_ "place:$folder"
    case " $measured " in *" $mount "*) continue ;; esac
    measured="$measured $mount"
    if [ $((available - need * 1024)) -lt $((total / 10)) ]; then
      refuse "$folder" "writing $need MiB would leave less than a tenth of $mount free"
    elif file=$(mktemp "$place/.acp-active-$ACP_ACTIVE.XXXXXX" 2>&1); then
      disk "$folder"
      rm -f "$file"
    else
      refuse "$folder" "no file can be made in $place: $file"
    fi
  done
}

disk() {
  sync=fdatasync
  zeros bs=4k count=1 conv=notrunc,fdatasync >/dev/null || sync=fsync
  case " $sync_folders " in *" $1 "*) sync_writes "$1" ;; esac
  case " $rate_folders " in *" $1 "*) rates "$1" ;; esac
}

sync_writes() {
  zeros bs=1M count=8 conv=notrunc,$sync >/dev/null
  part "sync:$1"
  number=0 stop=$(($(date +%s) + 8))
  while [ $number -lt 1000 ]; do
    zeros bs=8k count=1 seek=$number conv=notrunc,$sync
    number=$((number + 1))
    case $number in *0) if [ "$(date +%s)" -ge $stop ]; then break; fi ;; esac
  done
  done_ "sync:$1"
}

rates() {
  mode=
  for tried in direct dsync; do
    if zeros bs=4k count=1 conv=notrunc oflag=$tried >/dev/null; then mode=$tried && break; fi
  done
  part "mode:$1"
  echo "${mode:-sync}"
  done_ "mode:$1"
  part "sequential:$1"
  # The first is short, in case the disk is very slow.
  number=0 count=8 stop=$(($(date +%s) + 4))
  while [ $number -lt 8 ] && [ "$(date +%s)" -lt $stop ]; do
    zeros bs=1M count=$count seek=$((number * 32)) conv=notrunc,$sync ${mode:+oflag=$mode}
    number=$((number + 1)) count=32
  done
  done_ "sequential:$1"
  # Without either flag a small write would measure memory.
  if [ -z "$mode" ]; then return; fi
  part "parallel:$1"
  number=0 count=16 stop=$(($(date +%s) + 4))
  while [ $number -lt 12 ] && [ "$(date +%s)" -lt $stop ]; do
    echo "round 8"
    writers=
    for writer in 0 1 2 3 4 5 6 7; do
      # Said at once, so that the words of writers do not mix.
      { said=$(zeros bs=4k count=$count seek=$((writer * 8192 + number * 256)) conv=notrunc oflag=$mode); echo "$said"; } &
      writers="$writers $!"
    done
    # shellcheck disable=SC2086 - words
    wait $writers
    number=$((number + 1))
    if [ $count -lt 256 ]; then count=$((count * 2)); fi
  done
  done_ "parallel:$1"
}

# --- network --------------------------------------------------------------------------------------------------------

# peer ARGUMENTS: the program that listens and connects, in the first language that is there.
task_peer() {
  part output
  for python in python3 /usr/libexec/platform-python python python2; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c 'import select, socket' 2>/dev/null; then
      # shellcheck disable=SC2086 - words
      "$python" -E -S -c "$python_program" $arguments 2>&1
      done_ output $?
      return
    fi
  done
  if command -v perl >/dev/null 2>&1 && perl -MSocket -MIO::Select -e 1 2>/dev/null; then
    # shellcheck disable=SC2086 - words
    perl -e "$perl_program" $arguments 2>&1
    done_ output $?
    return
  fi
  done_ output 127
  mark "say refused neither python nor perl is on the node"
}

# --- running --------------------------------------------------------------------------------------------------------

trap finish EXIT
trap 'finish; mark "say complete"; exit 143' HUP TERM INT PIPE
exec 3<&0 </dev/null
(guard cat) <&3 >/dev/null 2>&1 &
(guard sleep "$limit") </dev/null >/dev/null 2>&1 &
exec 3<&-
sweep
mark "section active"
if why=$(installed) && [ -n "$why" ]; then
  mark "say refused the platform is installed here ($why), and such a node is not put under load"
else
  { renice -n 5 -p "$main" && ionice -c 2 -n 7 -p "$main"; } >/dev/null 2>&1
  # In the background, since a shell heeds no signal while it waits for a program in the foreground.
  "task_$task" </dev/null &
  wait $!
fi
mark "end active 0"
finish
mark "say complete"
