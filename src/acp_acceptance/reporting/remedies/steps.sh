failed=0 reboot=0 people=0 left=0
# step WHAT ALLOWED SWITCH REBOOT, and the remedy on standard input
step() {
  printf '\n== %s\n' "$1"
  remedy=$(cat)
  if [ "$2" != yes ]; then
    printf 'left: %s is not yes; read its warning at the head of this file\n' "$3"
    left=$((left + 1))
    return
  fi
  if said=$(sh -euc "$helpers
$remedy" 2>&1 </dev/null); then
    printf '%s\n' "${said:-nothing to do}"
    case $4,$said in reboot,*changed:*) reboot=1 ;; esac
  else
    printf '%s\nFAILED\n' "$said"
    failed=$((failed + 1))
  fi
}
# person WHAT WORDS
person() {
  printf '\n== %s\na person is needed: %s\n' "$1" "$2"
  people=$((people + 1))
}
finish() {
  printf '\n%s failed, %s left for their switch, %s for a person' "$failed" "$left" "$people"
  if [ "$reboot" = 1 ]; then printf '; RESTART THE NODE for what changed'; fi
  printf '\n'
  [ "$failed" = 0 ]
}
[ "$(id -u)" = 0 ] || {
  echo "run this as root" >&2
  exit 1
}
