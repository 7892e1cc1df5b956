#!/bin/sh
# Sets up everything the project needs on this machine, says what it does, and does again only what is missing.
#   scripts/setup.sh          a virtual environment in .venv with the suite and its developer tools
#   scripts/setup.sh --lab    also the programs that the lab is made of (as root, on Debian and Ubuntu), and what the
#                             tests of reports look at them with (a headless browser; axe-core and allure from npm)
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*"; }

as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

install_packages() {
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update || say "apt-get update failed; going on with the package lists that are here"
  apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

lab_packages() {
  # command:package of everything the lab and its tests start
  for pair in debootstrap:debootstrap rpmbuild:rpm dpkg-deb:dpkg sshd:openssh-server ssh:openssh-client ip:iproute2 \
    nsenter:util-linux mksh:mksh tcsh:tcsh; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s ' "${pair##*:}"
  done
  [ -x /bin/busybox ] || printf 'busybox-static '
}

browser_packages() {
  # What the tests of reports look at them with: a browser without a window.
  command -v chromium-headless-shell >/dev/null 2>&1 || printf 'chromium-headless-shell '
}

browser_tools() {
  # axe-core and allure, from npm's registry, in the versions of tests/browser/package-lock.json.
  modules=tests/browser/node_modules
  lock=$(cksum <tests/browser/package-lock.json)
  [ "$(cat "$modules/.ready" 2>/dev/null || true)" = "$lock" ] && return
  if ! command -v npm >/dev/null 2>&1; then
    say "the tests of reports in a browser need Node.js with npm, and are skipped without"
    return
  fi
  say "installing axe-core and allure into $modules"
  if npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
    printf '%s\n' "$lock" >"$modules/.ready"
  else
    say "npm could not install them; the tests that use them are skipped"
  fi
}

if [ "${1:-}" = --lab ]; then
  missing=$(lab_packages)
  if [ -n "$missing" ]; then
    if as_root; then
      # shellcheck disable=SC2086 - a list of words
      install_packages $missing
    else
      say "the lab needs root and: $missing"
    fi
  fi
  missing=$(browser_packages)
  if [ -n "$missing" ] && as_root; then
    # shellcheck disable=SC2086 - a list of words
    install_packages $missing || say "no $missing here; the tests of reports in a browser are skipped"
  fi
  browser_tools
fi

version_ok='import sys; sys.exit(sys.version_info < (3, 10))'
if ! command -v "$python" >/dev/null 2>&1 || ! "$python" -c "$version_ok"; then
  as_root || { say "Python 3.10 or newer is needed; name it with PYTHON=..."; exit 1; }
  install_packages python3 python3-venv
fi

stamp=$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)
if [ "$(cat "$venv/.ready" 2>/dev/null || true)" = "$stamp" ]; then
  exit 0
fi
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  say "making the virtual environment $venv"
  rm -rf "$venv"
  if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
    as_root || { say "python3-venv is needed for a virtual environment"; exit 1; }
    install_packages python3-venv
    "$python" -m venv "$venv"
  fi
fi
say "installing the suite and its tools into $venv (versions of constraints.txt)"
"$venv/bin/python" -m pip install -q --upgrade -c constraints.txt pip
"$venv/bin/python" -m pip install -q -c constraints.txt --group dev -e .
printf '%s\n' "$stamp" >"$venv/.ready"
say "ready"
