"""The users of every node: who may log in how, and who may become root."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """A user beside root, who has the lab's key.

    Attributes:
        name: login name.
        number: user and group id.
        login_shell: its program.
        key: accepts the lab's key.
        password: has the lab's password, for ssh and sudo.
        sudo: sudoers' words for what may be run, or empty.
    """

    name: str
    number: int
    login_shell: str = "/bin/bash"
    key: bool = True
    password: bool = False
    sudo: str = ""

    @property
    def home(self) -> str:
        """The home folder."""
        return f"/home/{self.name}"


_WITHOUT_PASSWORD = "ALL=(ALL:ALL) NOPASSWD: ALL"  # noqa: S105 - sudoers' word
_WITH_PASSWORD = "ALL=(ALL:ALL) ALL"  # noqa: S105 - as above

USERS = (
    User("acp", 2001, sudo=_WITHOUT_PASSWORD),
    User("acp-password", 2002, password=True, sudo=_WITH_PASSWORD),
    User("acp-nosudo", 2003),
    User("acp-csh", 2004, login_shell="/bin/tcsh", sudo=_WITHOUT_PASSWORD),
    User("acp-printing", 2005, sudo=_WITHOUT_PASSWORD),
    User("acp-nologin", 2006, login_shell="/usr/sbin/nologin"),
    User("acp-sshpass", 2007, key=False, password=True, sudo=_WITHOUT_PASSWORD),
)
