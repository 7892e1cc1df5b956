"""What of the installer is left on its node: programs that list containers, as the real ones would."""

from __future__ import annotations

_HEADER = "CONTAINER ID    IMAGE                                COMMAND    CREATED        STATUS    PORTS    NAMES"
_ROW = (
    "3f1c7a9be02d    registry/acp/minialauda:v4.2.1               "
    '"/init"    2 hours ago    Up                 minialauda-control-plane'
)
_NAMES = ("docker", "nerdctl")


def _listing(*rows: str) -> str:
    """Give a script that lists containers in the forms in which they are asked for."""
    table = "\n".join([_HEADER, *rows])
    names = "\n".join(row.split()[-1] for row in rows)
    return f"""#!/bin/sh
# The lab's: lists containers and does nothing else.
case " $* " in
  *" ps "*|*" container ls "*|*" container list "*) ;;
  *) echo "not in the lab: $*" >&2; exit 1 ;;
esac
case "$*" in
  *"{{{{json .}}}}"*|*--format=json*|*"--format json"*)
    for name in {names}; do printf '{{"ID":"3f1c7a9be02d","Names":"%s","Status":"Up"}}\\n' "$name"; done ;;
  *.Names*) for name in {names}; do echo "$name"; done ;;
  *-q*) for name in {names}; do echo 3f1c7a9be02d; done ;;
  *) cat <<'TABLE'
{table}
TABLE
  ;;
esac
"""


def _installed(script: str) -> str:
    lines = ["mkdir -p /usr/local/bin"]
    for name in _NAMES:
        place = f"/usr/local/bin/{name}"
        lines += [f"cat >{place} <<'SCRIPT'\n{script}SCRIPT", f"chmod 755 {place}"]
    return "\n".join(lines)


NO_INSTALLER = _installed(_listing())
"""Script for a node: no container runs."""

INSTALLER_LEFT = _installed(_listing(_ROW))
"""Script for a node: the installer's container still runs."""

UNKNOWN = _installed('#!/bin/sh\necho "cannot access containerd socket: permission denied" >&2\nexit 1\n')
"""Script for a node: containers cannot be listed."""
