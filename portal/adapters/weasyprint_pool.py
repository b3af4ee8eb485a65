"""Documents made in child processes, so that one that is huge or hostile harms nothing else.

A child is this module run by itself. It is given no environment of ours, so it holds no secret,
may not open sockets, may not fill memory, and is killed when a document takes too long.
"""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from typing import IO

from portal.adapters.weasyprint import DocumentRefused, WeasyPrintRenderer
from portal.config import ROOT
from portal.core.errors import PortalError, Unavailable

SECONDS = 30
MEGABYTES = 512
ORPHAN_SECONDS = 300
MADE, REFUSED, FAILED = b"M", b"R", b"F"
_CLOSED = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
)


class RendererPool:
    """Turns finished HTML documents into PDF/UA-1, at most `size` at a time, each in a child.

    Children start with the first documents and stay for the next ones. Threads may share a pool;
    when all children are busy, the caller waits its turn.
    """

    def __init__(
        self, size: int = 2, *, seconds: float = SECONDS, megabytes: int = MEGABYTES
    ) -> None:
        self._seconds = seconds
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        for _ in range(size):
            self._idle.put(_Child(megabytes))
        self._children = size

    def render(self, html: str) -> bytes:
        """Return the PDF, as `WeasyPrintRenderer.render` does.

        Raises:
            DocumentRefused: the document reaches for a file or an address.
            Unavailable: it took too long or too much memory, or Pango is missing.
        """
        with self._borrow() as child:
            return child.render(html, self._seconds)

    def close(self) -> None:
        """End the children; documents under way are finished first."""
        for _ in range(self._children):
            self._idle.get().stop()

    def __enter__(self) -> RendererPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _borrow(self) -> Iterator[_Child]:
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)


class _Child:
    """One child process: started when needed, and again after it was killed."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[..., _Child] | None = None

    def render(self, html: str, seconds: float) -> bytes:
        process = self._started()
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        watch = threading.Timer(seconds, give_up)
        watch.start()
        try:
            status, body = _ask(process, html)
        except BaseException as error:
            self.stop()  # an answer still under way must never reach the next document
            if late.is_set():
                raise Unavailable("This document takes too long to make.") from error
            if isinstance(error, OSError | EOFError):
                raise Unavailable("This document is too large to make.") from error
            raise
        finally:
            watch.cancel()
        if late.is_set():
            self.stop()
        if status == REFUSED:
            raise DocumentRefused(body.decode())
        if status == FAILED:
            raise Unavailable(body.decode())
        return body

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.stop()
        folder = tempfile.mkdtemp(prefix="portal-letters-")
        # S603: our own interpreter and our own module; the document goes in by the pipe.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", __name__, str(self._megabytes), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # warnings quote the document, which names a person
            cwd=folder,
            env={
                "PYTHONPATH": str(ROOT),
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "HOME": folder,
                "TMPDIR": folder,
            },
        )
        self._end = weakref.finalize(self, _end, self._process, folder)
        return self._process

    def stop(self) -> None:
        """End the process and remove its folder, fonts included; a second time does nothing."""
        self._process = None
        if self._end is not None:
            self._end()


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    shutil.rmtree(folder, ignore_errors=True)


def _ask(process: subprocess.Popen[bytes], html: str) -> tuple[bytes, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    question = secrets.token_bytes(8)
    _send(process.stdin, MADE, question, html.encode())
    status, answered, body = _receive(process.stdout)
    if answered != question:
        raise EOFError("an answer to something else")
    return status, body


def _send(pipe: IO[bytes], status: bytes, question: bytes, body: bytes) -> None:
    pipe.write(status + question + len(body).to_bytes(8, "big") + body)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[bytes, bytes, bytes]:
    head = pipe.read(17)
    size = int.from_bytes(head[9:], "big")
    body = pipe.read(size) if len(head) == 17 else b""
    if len(head) < 17 or len(body) < size:
        raise EOFError("the other side is gone")
    return head[:1], head[1:9], body


def _no_way_out(event: str, _: tuple[object, ...]) -> None:
    if event.startswith(_CLOSED):
        raise PermissionError(f"{event} is closed here")


def _serve(megabytes: int, folder: str) -> None:
    """Answer documents from standard input until it closes, then leave nothing behind."""
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    limit = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    renderer = WeasyPrintRenderer()
    sys.addaudithook(_no_way_out)
    with contextlib.suppress(EOFError, OSError):
        while True:
            _, question, document = _receive(source)
            signal.alarm(ORPHAN_SECONDS)  # ends this process when nobody is left to kill it
            status, body = _answer(renderer, document.decode())
            signal.alarm(0)
            _send(answers, status, question, body)
    shutil.rmtree(folder, ignore_errors=True)


def _answer(renderer: WeasyPrintRenderer, html: str) -> tuple[bytes, bytes]:
    try:
        return MADE, renderer.render(html)
    except DocumentRefused as error:
        return REFUSED, str(error).encode()
    except PortalError as error:
        return FAILED, str(error).encode()
    except MemoryError:
        os._exit(1)  # nothing in here can be trusted any more
    except Exception as error:  # the type alone: a message could quote the document
        return FAILED, f"This document could not be made ({type(error).__name__}).".encode()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2])
