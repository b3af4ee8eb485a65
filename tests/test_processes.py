"""The supervisor: children in order, nobody left behind, a death told with its last words."""

import io
import os
import select
import signal
import socket
import subprocess
import sys
import threading

import pytest

from portal.config import ROOT
from portal.processes import Child, ChildFailed, HttpProbe, Supervisor, TcpProbe

PATIENCE = 60  # seconds after which what never comes is given up

SLEEP = "import signal; signal.pause()"

SERVE = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)\\
    .serve_forever()
"""

IGNORE = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"

STUBBORN = f"import signal; {IGNORE}; print('stubborn', flush=True); signal.pause()"

# Prints its own and its child's process number, then waits.
WITH_A_CHILD = f"""
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print(os.getpid(), child.pid, flush=True)
signal.pause()
"""


def python(program: str, *words: str, name: str = "child", **more: object) -> Child:
    return Child(name, [sys.executable, "-c", program, *words], **more)


def await_end(pid: int) -> None:
    """Return once a process is gone, whoever its parent is."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    gone, _, _ = select.select([watch], [], [], PATIENCE)
    os.close(watch)
    assert gone, f"process {pid} is still there"


class Lines(io.StringIO):
    """Output that lets a test wait for a line."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def write(self, text: str) -> int:
        with self._changed:
            written = super().write(text)
            self._changed.notify_all()
        return written

    def await_line(self, words: str) -> str:
        with self._changed:
            assert self._changed.wait_for(lambda: words in self.getvalue(), PATIENCE)
        return next(line for line in self.getvalue().splitlines() if words in line)


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_child_is_ready_when_its_address_answers_and_ends_with_the_block(lines, port):
    probe = HttpProbe(f"http://127.0.0.1:{port}/")

    with Supervisor(lines) as supervisor:
        supervisor.start(python(SERVE, str(port), ready=probe))
        assert probe.answers()
        assert TcpProbe("127.0.0.1", port).answers()

    assert not probe.answers()


def test_what_children_say_is_passed_on_under_their_names(lines):
    with Supervisor(lines) as supervisor:
        supervisor.start(python("print('good day')", name="web"))
        supervisor.start(python("import sys; sys.exit('a fault')", name="worker"))

        assert lines.await_line("good day") == "     web | good day"
        assert lines.await_line("a fault") == "  worker | a fault"


def test_a_child_that_dies_ends_the_wait_with_its_last_words(lines):
    with Supervisor(lines) as supervisor:
        supervisor.start(python(SLEEP, name="web"))
        supervisor.start(python("import sys; sys.exit('no such table')", name="worker"))

        with pytest.raises(ChildFailed, match=r"worker ended with status 1\n.*no such table"):
            supervisor.wait()


def test_a_killed_child_is_told_apart(lines):
    with Supervisor(lines) as supervisor:
        supervisor.start(python("import os; os.kill(os.getpid(), 9)", name="web"))

        with pytest.raises(ChildFailed, match="web was ended by signal 9"):
            supervisor.wait()


def test_a_child_that_dies_before_it_is_ready_ends_the_start(lines, port):
    probe = TcpProbe("127.0.0.1", port)

    died = pytest.raises(ChildFailed, match=r"web ended with status 1\n.*bad setting")
    with Supervisor(lines) as supervisor, died:
        supervisor.start(python("exit('bad setting')", name="web", ready=probe))


def test_a_child_that_is_never_ready_is_given_up(lines, port):
    probe = TcpProbe("127.0.0.1", port)

    given_up = pytest.raises(ChildFailed, match=rf"web was not ready at 127.0.0.1:{port} within 0")
    with Supervisor(lines, patience_seconds=0) as supervisor, given_up:
        supervisor.start(python(SLEEP, name="web", ready=probe))


def test_a_port_that_another_program_has_is_named_before_anything_starts(lines):
    with socket.create_server(("127.0.0.1", 0)) as other, Supervisor(lines) as supervisor:
        port = other.getsockname()[1]

        with pytest.raises(ChildFailed, match=f"another program already answers at .*{port}"):
            supervisor.start(python("print('started')", ready=TcpProbe("127.0.0.1", port)))

    assert lines.getvalue() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_wait_and_every_child(lines, number):
    with Supervisor(lines) as supervisor:
        supervisor.start(python(WITH_A_CHILD))
        pids = lines.await_line("child |").split("|")[1].split()
        os.kill(os.getpid(), number)
        supervisor.wait()

    for pid in pids:
        await_end(int(pid))


def test_a_signal_while_a_child_gets_ready_ends_the_start(lines, port):
    probe = TcpProbe("127.0.0.1", port)

    with Supervisor(lines) as supervisor:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            supervisor.start(python(SLEEP, ready=probe))


def test_the_signals_mean_what_they_meant_before_once_it_is_over(lines):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    with Supervisor(lines):
        pass

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_child_that_ignores_the_request_is_ended_hard(lines):
    with Supervisor(lines, grace_seconds=0) as supervisor:
        supervisor.start(python(STUBBORN))
        lines.await_line("stubborn")
        (running,) = supervisor._running

    assert running.process.returncode == -signal.SIGKILL


def test_a_second_ctrl_c_does_not_wait(lines):
    with Supervisor(lines, grace_seconds=3600) as supervisor:
        supervisor.start(python(STUBBORN))
        lines.await_line("stubborn")
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        supervisor.wait()
        (running,) = supervisor._running

    assert running.process.returncode == -signal.SIGKILL


def test_without_its_guard_the_supervisor_still_works(lines):
    with Supervisor(lines) as supervisor:
        supervisor._guard.kill()
        supervisor._guard.wait()
        supervisor.start(python("print('good day')"))

        assert lines.await_line("good day")


def test_ctrl_c_in_the_terminal_reaches_the_supervisor_alone(lines):
    with Supervisor(lines) as supervisor:
        supervisor.start(python("import os; print(os.getsid(0), os.getpid(), flush=True)"))
        session, pid = lines.await_line("child |").split("|")[1].split()

    assert session == pid


def test_a_reader_that_went_away_does_not_stop_the_children():
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with Supervisor(Gone()) as supervisor:
        supervisor.start(python("print('unheard'); print('too')"))
        with pytest.raises(ChildFailed, match=r"status 0\n    unheard\n    too"):
            supervisor.wait()


@pytest.mark.parametrize("program", [WITH_A_CHILD, f"import signal; {IGNORE}; {WITH_A_CHILD}"])
def test_children_and_theirs_do_not_outlive_a_killed_supervisor(program):
    supervise = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from portal.processes import Child, Supervisor
with Supervisor(grace_seconds=0) as supervisor:
    supervisor.start(Child("child", [sys.executable, "-c", {program!r}]))
    supervisor.wait()
"""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", supervise], stdout=subprocess.PIPE, text=True, cwd="/"
    )
    pids = supervisor.stdout.readline().split("|")[1].split()
    supervisor.kill()
    supervisor.communicate()

    for pid in pids:
        await_end(int(pid))
