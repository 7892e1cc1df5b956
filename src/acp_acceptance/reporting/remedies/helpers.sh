changed() { printf 'changed: %s\n' "$*"; }
ensure_line() {
  if ! grep -qxF -- "$2" "$1" 2>/dev/null; then
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >>"$1"
    changed "$1 has the line $2"
  fi
}
