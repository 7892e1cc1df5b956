"""Running one local program that talks to a node: bounded in time and output, and never left behind."""

from __future__ import annotations

import os
import resource
import selectors
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_READ_SIZE = 65536
_HELD_LOOK = 0.1
"""Seconds between looks at whether standard input is still to be held."""
_FILES_EACH = 4
"""Open files for a program: its three streams, and what waits for them."""
_FILES_APART = 256
_AFTER_END = 0.5
"""Seconds to wait for a connection to close after the probe's last word; a hung process may hold it open."""


@dataclass(frozen=True)
class Terms:
    """How a conversation goes.

    Attributes:
        greeting: what must be seen on standard output first; nothing is sent before.
        answer: what is sent on standard input then; after it standard input is closed, unless it is held.
        farewell: after this on standard output nothing more is waited for.
        deadline: seconds for everything.
        cap: bytes that are read from each stream.
        kept: the program says its farewell on standard error, too, and is not ended then: it is asked more later.
        held: standard input stays open until this is set, the farewell was seen or the program ends: for what must
            end when nobody is there any more.
        heard: is given all of standard output so far, whenever there is more of it.
    """

    greeting: bytes
    answer: bytes = field(repr=False)
    farewell: bytes
    deadline: float
    cap: int
    kept: bool = False
    held: threading.Event | None = None
    heard: Callable[[bytes], None] | None = None


@dataclass
class Conversation:
    """What was exchanged with a node.

    Attributes:
        stdout: what it printed, up to the cap.
        stderr: likewise; what the SSH client itself said is here.
        status: exit status of the local program; ``None`` where it was ended.
        ended: why it was ended: ``deadline``, ``too-much-output``, ``interrupted``, or empty.
        greeted: runner's time at which the greeting was seen; ``None`` where it was not.
        answered: time at which the answer to it was sent.
        confirmed: time at which the first bytes after that were seen.
        seconds: how long it all took.
        kept: the program, where it is to be asked more; whoever has it ends it with :meth:`Processes.end`.
    """

    stdout: bytes = b""
    stderr: bytes = b""
    status: int | None = None
    ended: str = ""
    greeted: float | None = None
    answered: float | None = None
    confirmed: float | None = None
    seconds: float = 0.0
    kept: subprocess.Popen[bytes] | None = None


@dataclass
class Processes:
    """The local programs that are running, so that all can be ended at once."""

    _running: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    def converse(self, argv: Sequence[str], environment: Mapping[str, str], terms: Terms) -> Conversation:
        """Run a program, answer its greeting, and read until its farewell, its end or a bound.

        Raises:
            OSError: the program cannot be started.
        """
        started = time.monotonic()
        with self._lock:
            if self.stopped.is_set():
                return Conversation(ended="interrupted")
            # A session of its own: no terminal to ask on, no Ctrl-C from it, and a group that can be ended whole.
            process = subprocess.Popen(  # noqa: S603 - the argument list is ours, without a shell
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                start_new_session=True,
                bufsize=0,
            )
            self._running.add(process.pid)
        return self._conversed(process, Conversation(), terms, started)

    def go_on(self, process: subprocess.Popen[bytes], terms: Terms) -> Conversation:
        """Tell a program that was kept more, at once, and read until its farewell, its end or a bound."""
        started = time.monotonic()
        talk = Conversation(greeted=time.time())
        _answer(process, talk, terms)
        return self._conversed(process, talk, terms, started)

    def _conversed(
        self, process: subprocess.Popen[bytes], talk: Conversation, terms: Terms, started: float
    ) -> Conversation:
        try:
            talk.ended = self._exchange(process, talk, terms, started + terms.deadline)
            if terms.kept and not talk.ended and process.poll() is None and not self.stopped.is_set():
                talk.kept = process
        finally:
            if talk.kept is None:
                self.end(process, in_a_hurry=bool(talk.ended))
        if self.stopped.is_set():
            talk.ended = "interrupted"
        talk.status = None if talk.ended else process.returncode
        talk.seconds = time.monotonic() - started
        return talk

    def _exchange(self, process: subprocess.Popen[bytes], talk: Conversation, terms: Terms, deadline: float) -> str:
        """Read both streams until they end; give why that was cut short, or nothing."""
        buffers = {"out": bytearray(), "err": bytearray()}
        ended = ""
        with selectors.DefaultSelector() as selector:
            for name, stream in (("out", process.stdout), ("err", process.stderr)):
                if stream is not None:
                    selector.register(stream, selectors.EVENT_READ, name)
            while selector.get_map():
                ready = _waited(selector, process, terms, deadline)
                now = time.time()
                if not ready and time.monotonic() >= deadline:
                    ended = "" if terms.farewell in buffers["out"][-256:] else "deadline"
                    break
                for key, _ in ready:
                    data = os.read(key.fd, _READ_SIZE)
                    buffers[key.data] += data
                    if not data:
                        selector.unregister(key.fileobj)
                    elif key.data == "out":
                        _hear(process, talk, terms, buffers["out"], now)
                if max(map(len, buffers.values())) > terms.cap:
                    ended = "too-much-output"
                    break
                if terms.farewell in buffers["out"][-256:]:
                    deadline = min(deadline, time.monotonic() + _left_after_farewell(process, terms, buffers["err"]))
        talk.stdout, talk.stderr = bytes(buffers["out"][: terms.cap]), bytes(buffers["err"][: terms.cap])
        return ended

    def end(self, process: subprocess.Popen[bytes], *, in_a_hurry: bool = False) -> None:
        """Let the program end by itself if it is about to, else end its whole group."""
        _close(process)
        for patience, sent in ((0.0 if in_a_hurry else _AFTER_END, signal.SIGTERM), (2, signal.SIGKILL)):
            try:
                process.wait(timeout=patience)
                break
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, sent)
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        with self._lock:
            self._running.discard(process.pid)

    def stop(self) -> None:
        """End everything that runs, and let nothing more be started."""
        with self._lock:
            self.stopped.set()
            for group in self._running:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGTERM)


def allow_programs(count: int) -> None:
    """Let this process run so many programs at once, as far as the system lets it: each takes four open files."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _FILES_APART + _FILES_EACH * count
    if allowed == resource.RLIM_INFINITY or allowed >= needed:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed if most == resource.RLIM_INFINITY else min(needed, most), most))


def _left_after_farewell(process: subprocess.Popen[bytes], terms: Terms, errors: bytes | bytearray) -> float:
    """Let the program end, unless it is to be kept; gives seconds in which it may still say something."""
    if not terms.kept:
        _close(process)
    return 0.0 if terms.kept and terms.farewell in errors[-256:] else _AFTER_END


def _hear(process: subprocess.Popen[bytes], talk: Conversation, terms: Terms, buffer: bytearray, now: float) -> None:
    _keep_time(process, talk, terms, buffer, now)
    if terms.heard is not None:
        terms.heard(bytes(buffer))


def _keep_time(
    process: subprocess.Popen[bytes], talk: Conversation, terms: Terms, buffer: bytearray, now: float
) -> None:
    """Answer the greeting when it is there, and note when what was seen and sent."""
    if talk.greeted is None and terms.greeting in buffer:
        talk.greeted = now
        _answer(process, talk, terms)
    elif talk.greeted is not None and talk.confirmed is None:
        talk.confirmed = now


def _answer(process: subprocess.Popen[bytes], talk: Conversation, terms: Terms) -> None:
    talk.answered = time.time()
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(terms.answer)
    if terms.held is None and not terms.kept:
        _close(process)


def _waited(
    selector: selectors.BaseSelector, process: subprocess.Popen[bytes], terms: Terms, deadline: float
) -> list[tuple[selectors.SelectorKey, int]]:
    """Wait for output, for the deadline, or, while standard input is held, for a moment."""
    remaining = max(0.0, deadline - time.monotonic())
    if terms.held is None:
        return selector.select(remaining)
    ready = selector.select(min(remaining, _HELD_LOOK))
    if terms.held.is_set():
        _close(process)
    return ready


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close standard input, if it is not."""
    if process.stdin is not None and not process.stdin.closed:
        with suppress(BrokenPipeError):
            process.stdin.close()
