# The script runs again as root where it can: as it is, by sudo without a password, by sudo with one. The password is
# tried once, on a command that does nothing, and sudo remembers nothing of any of it (-k).
hand_on() { printf 'nonce=%s sections="%s" escalated=%s\n%s\n' "$nonce" "$sections" "$1" "$script"; }

start() {
  if [ -n "$escalated" ]; then
    run_probe "$escalated"
    return
  fi
  # uid=0(root) gid=...; a user without a name has no brackets.
  who=$(id)
  who=${who%% gid=*} who=${who#uid=} uid=${who%%"("*}
  user=${who#*"("} user=${user%")"}
  mark "say user $user"
  # The last but one word is the address at which the connection ended here.
  arrived=${SSH_CONNECTION% *}
  mark "say arrived ${arrived##* }"
  if [ "$uid" = 0 ]; then
    run_probe root
  elif [ "$become" = no ]; then
    mark "say refused the inventory says become: false"
    run_probe none
  elif ! command -v sudo >/dev/null 2>&1; then
    mark "say refused sudo is not installed"
    run_probe none
  elif refusal=$(sudo -n -k true 2>&1); then
    hand_on sudo | sudo -n -- sh -c 'eval "$(cat)"'
  elif [ -n "$secret" ] && refusal=$(printf '%s\n' "$secret" | sudo -S -k -p '' -- true 2>&1); then
    { printf '%s\n%s\n' "$secret" "$nonce" && hand_on sudo-password; } |
      sudo -S -k -p '' -- sh -c 'while IFS= read -r line && [ "$line" != "$0" ]; do :; done; eval "$(cat)"' "$nonce"
  else
    mark "say refused $(printf '%s' "$refusal" | tr '\n' ' ')"
    run_probe none
  fi
}

start
