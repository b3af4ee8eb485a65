"""The processes that make up a running portal: started in order, watched, and ended together.

Nothing is restarted here: in production a service manager does that, and in the demo a process
that dies should be seen. Whatever ends the supervisor, even kill -9, ends the children too: a
second process, the guard, sees it go and ends what it left behind.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import Any, Protocol, TextIO
from urllib.parse import urlsplit

LAST_LINES = 20
PROBE_EVERY_SECONDS = 0.1
PROBE_TIMEOUT_SECONDS = 2
LAST_WORDS_SECONDS = 1
ALL_WELL = "all well"

_Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None


class ChildFailed(Exception):
    """A process died, or did not become ready in time; the text says which and its last words."""


class Probe(Protocol):
    """Tells whether a process answers yet."""

    def answers(self) -> bool:
        """Ask once, without waiting long."""
        ...


@dataclass(frozen=True)
class TcpProbe:
    """Ready when something accepts connections on a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def answers(self) -> bool:
        """Try to connect once."""
        try:
            with socket.create_connection((self.host, self.port), PROBE_TIMEOUT_SECONDS):
                return True
        except OSError:
            return False


@dataclass(frozen=True)
class HttpProbe:
    """Ready when an address answers without a server error."""

    url: str

    def __str__(self) -> str:
        return self.url

    def answers(self) -> bool:
        """Fetch the address once, past any proxy."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=PROBE_TIMEOUT_SECONDS
        )
        try:
            connection.request("GET", parts.path or "/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True)
class Child:
    """A process to run: what to call it, how to start it, how to tell that it is ready."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Probe | None = None


@dataclass(frozen=True)
class _Running:
    child: Child
    process: subprocess.Popen[str]
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    ended: threading.Event = field(default_factory=threading.Event)

    def describe_death(self) -> str:
        """Say how the process ended, and its last words."""
        end = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        how = "ended with status" if end and end.si_code == os.CLD_EXITED else "was ended by signal"
        return f"{self.child.name} {how} {end.si_status if end else 0}{self.quote()}"

    def quote(self) -> str:
        """Return the last words, each on its own line."""
        return "".join(f"\n    {line}" for line in self.last_lines)


class Supervisor:
    """Runs children until one dies or a signal asks to stop; leaving the block ends them all.

    To be used from the main thread, where signals arrive.
    """

    def __init__(
        self,
        output: TextIO | None = None,
        *,
        patience_seconds: float = 60,
        grace_seconds: float = 10,
    ) -> None:
        self._output = output or sys.stdout
        self._output_lock = threading.Lock()
        self._patience_seconds = patience_seconds
        self._grace_seconds = grace_seconds
        self._running: list[_Running] = []
        self._guard: subprocess.Popen[str] | None = None
        # What happened, in order: a process ended, or a signal came. This kind of queue may be
        # written to from a signal handler.
        self._events: SimpleQueue[_Running | signal.Signals] = SimpleQueue()
        self._old_handlers: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Supervisor:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started by nohup
            self._old_handlers[number] = signal.signal(number, self._note_signal)
        self._guard = self._hire_guard()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            for number, handler in self._old_handlers.items():
                signal.signal(number, handler)

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._events.put(signal.Signals(number))

    def start(self, child: Child) -> None:
        """Start a process and return once it is ready.

        Raises:
            ChildFailed: it died, was not ready in time, or its port is another program's.
            KeyboardInterrupt: a signal asked to stop meanwhile.
        """
        if child.ready is not None and child.ready.answers():
            raise ChildFailed(
                f"{child.name}: another program already answers at {child.ready};"
                " stop it, or choose another port in the settings"
            )
        running = self._spawn(child)
        deadline = time.monotonic() + self._patience_seconds
        while child.ready is not None and not child.ready.answers():
            self._look_for_trouble()
            if time.monotonic() > deadline:
                raise ChildFailed(
                    f"{child.name} was not ready at {child.ready} within"
                    f" {self._patience_seconds:g} seconds{running.quote()}"
                )

    def _look_for_trouble(self) -> None:
        """Wait a moment; a death or a signal ends the wait and the start."""
        with contextlib.suppress(Empty):
            event = self._events.get(timeout=PROBE_EVERY_SECONDS)
            if isinstance(event, signal.Signals):
                raise KeyboardInterrupt
            raise ChildFailed(event.describe_death())

    def wait(self) -> None:
        """Return when a signal asks to stop.

        Raises:
            ChildFailed: a process died, which the others cannot do without.
        """
        event = self._events.get()
        if isinstance(event, _Running):
            raise ChildFailed(event.describe_death())

    def stop(self) -> None:
        """Ask every process to end, and end it hard after a delay or at a second Ctrl-C."""
        running = self._running[::-1]
        self._running.clear()
        for one in running:
            os.kill(one.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + self._grace_seconds
        while not all(one.ended.is_set() for one in running):
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                break
            if event == signal.SIGINT:
                break
        for one in running:
            _signal_group(one.process.pid, signal.SIGKILL)
            one.ended.wait()
            one.process.wait()
        self._dismiss_guard()

    def _spawn(self, child: Child) -> _Running:
        process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            [str(part) for part in child.command],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **child.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # so that the terminal's Ctrl-C reaches the supervisor alone
        )
        running = _Running(child, process)
        self._running.append(running)
        self._tell_guard(process.pid)
        threading.Thread(target=self._watch, args=(running,), daemon=True).start()
        return running

    def _hire_guard(self) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own words, no shell
            [sys.executable, "-I", __file__, str(self._grace_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            start_new_session=True,
        )

    def _tell_guard(self, group: int) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # somebody killed it: go on without
                self._guard.stdin.write(f"{group}\n")
                self._guard.stdin.flush()

    def _dismiss_guard(self) -> None:
        if self._guard is not None:
            self._guard.communicate(ALL_WELL)
            self._guard = None

    def _watch(self, running: _Running) -> None:
        """Pass a process's lines on while it lives; end its own children with it; report it.

        Its end is not taken note of before `stop()`, which keeps its number, and the group's, ours.
        """
        reader = threading.Thread(target=self._relay, args=(running,), daemon=True)
        reader.start()
        os.waitid(os.P_PID, running.process.pid, os.WEXITED | os.WNOWAIT)
        _signal_group(running.process.pid, signal.SIGKILL)
        reader.join(timeout=LAST_WORDS_SECONDS)  # a grandchild that left the group may hold it up
        running.ended.set()
        self._events.put(running)

    def _relay(self, running: _Running) -> None:
        if running.process.stdout is None:
            return
        with running.process.stdout as lines:
            for line in lines:
                running.last_lines.append(line.rstrip())
                self._say(f"{running.child.name:>8} | {line.rstrip()}")

    def _say(self, line: str) -> None:
        # A reader that went away (`make run | head`) must not stop the portal.
        with self._output_lock, contextlib.suppress(OSError, ValueError):
            self._output.write(line + "\n")
            self._output.flush()


def _guard(grace_seconds: float) -> None:
    """Read the numbers of process groups; end them all if the supervisor goes without a word."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = set()
    for line in sys.stdin:
        if line.strip() == ALL_WELL:
            return
        groups.add(int(line))
    deadline = time.monotonic() + grace_seconds
    groups = {group for group in groups if _signal_group(group, signal.SIGTERM)}
    while groups and time.monotonic() < deadline:
        time.sleep(PROBE_EVERY_SECONDS)
        groups = {group for group in groups if _signal_group(group, 0)}
    for group in groups:
        _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: int) -> bool:
    """Send a signal; tell whether the group is still there."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    _guard(float(sys.argv[1]))
