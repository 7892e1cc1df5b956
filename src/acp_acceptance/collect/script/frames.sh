# What is read on a node: the files of this folder, joined (collect/probe.py has their order). Sent on standard input
# and run by sh: dash, bash, busybox ash, ksh. Nothing here writes to the node: files are read, and commands are asked in
# ways that change nothing.
#
# Output is a sequence of sections of parts, between marker lines that begin with $nonce, a word made for this run.

PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C LANG=C SYSTEMD_PAGER='' SYSTEMD_COLORS=0
export PATH LC_ALL LANG SYSTEMD_PAGER SYSTEMD_COLORS
unset CDPATH ENV BASH_ENV 2>/dev/null
part_limit=4194304


mark() { printf '\n%s %s\n' "$nonce" "$*"; }

# part NAME: what follows is that part, also on standard error.
part() {
  mark "part $1"
  mark "part $1" >&2
}

# file NAME PATH: the content of a file, or that it is absent.
file() {
  if [ -e "$2" ] || [ -L "$2" ]; then
    part "$1"
    head -c "$part_limit" "$2"
    mark "done $1 $?"
  else
    mark "absent $1"
  fi
}

# line NAME PATH: the first line of a short file, or that it is absent. The shell reads it itself: to start a program
# costs a node more than all else that is done here.
line() {
  line=''
  # Such a line may have no end.
  if { IFS= read -r line || [ -n "$line" ]; } 2>/dev/null <"$2"; then
    printf '\n%s part %s\n%s\n\n%s done %s 0\n' "$nonce" "$1" "$line" "$nonce" "$1"
  else
    file "$1" "$2"
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

# brief NAME COMMAND ...: the output of a command that prints little, whatever there is on the node; or that it is not
# installed.
brief() {
  name=$1
  shift
  if command -v "$1" >/dev/null 2>&1; then
    part "$name"
    "$@"
    mark "done $name $?"
  else
    mark "absent $name"
  fi
}

# command_ NAME COMMAND ...: the same of one that may print much: it is cut where it floods, and costs no other fact.
command_() { brief "$@" | head -c "$part_limit"; }
