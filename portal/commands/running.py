"""`portal run`, `portal web`, `portal jobs work`: the running portal and its parts."""

from __future__ import annotations

import os
import sys

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from portal.app import JOB_TIMEOUTS, create_app
from portal.commands.support import application
from portal.config import Settings, SettingsError, load_settings
from portal.core.outbox import queue
from portal.demo.loading import SIGN_INS, ensure_demo
from portal.ground import Ground, prepare
from portal.jobs.worker import load_tasks, work
from portal.processes import Child, ChildFailed, HttpProbe, Supervisor, TcpProbe
from portal.sandbox import identity, outbox
from portal.web.installation import adopt_demo_clock

IDENTITY_PORT = 8026
OUTBOX_HTTP_PORT = 8027


@click.command()
@click.option("--port", type=int, help="Port of the web server; default PORTAL_PORT.")
def run(port: int | None) -> None:
    """Run the whole portal here: database, demo data, web, worker, outbox, sign-in provider.

    Ctrl-C stops all of it; what was entered is there again at the next start.
    """
    settings = load_settings()
    if port is not None:
        settings = settings.model_copy(
            update={"portal_port": port, "portal_base_url": f"http://127.0.0.1:{port}"}
        )
    if settings.portal_environment == "demo":
        settings = settings.model_copy(update={"oidc_allow_loopback": True})
    click.echo("==> Database")
    ground = prepare(settings)
    if ground.server is not None:
        click.echo(
            f"    PostgreSQL {ground.server.version} under {settings.portal_data_dir},"
            f" schema {ground.migrated_from or 'empty'} -> {ground.migrated_to}"
        )
    try:
        _supervise(ground)
    except ChildFailed as failure:
        raise click.ClickException(str(failure)) from None
    finally:
        ground.leave()


def _load_demo(ground: Ground) -> None:
    click.echo("==> Demo data")
    app = create_app(ground.settings, timeouts=JOB_TIMEOUTS)
    with app.app_context():
        adopt_demo_clock()
        for line in ensure_demo(f"http://127.0.0.1:{IDENTITY_PORT}"):
            click.echo(f"    {line}")


def _supervise(ground: Ground) -> None:
    settings = ground.settings
    environment = {
        **ground.environment(),
        "PORTAL_PORT": str(settings.portal_port),
        "PORTAL_BASE_URL": settings.portal_base_url,
        "OIDC_ALLOW_LOOPBACK": str(settings.oidc_allow_loopback).lower(),
    }
    demo = settings.portal_environment == "demo"
    with Supervisor() as supervisor:
        click.echo("==> Processes")
        if demo:
            _start(supervisor, "outbox", "outbox", environment, settings.smtp_port)
            _start(supervisor, "identity", "identity", environment, IDENTITY_PORT)
            _load_demo(ground)
        supervisor.start(
            Child(
                "web",
                [sys.executable, "-m", "portal.cli", "web"],
                environment,
                HttpProbe(f"http://{settings.portal_host}:{settings.portal_port}/healthz"),
            )
        )
        supervisor.start(
            Child("worker", [sys.executable, "-m", "portal.cli", "jobs", "work"], environment)
        )
        for line in _welcome(settings, demo=demo):
            click.echo(line)
        supervisor.wait()


def _start(
    supervisor: Supervisor, name: str, command: str, environment: dict[str, str], port: int
) -> None:
    supervisor.start(
        Child(
            name,
            [sys.executable, "-m", "portal.cli", command],
            environment,
            TcpProbe("127.0.0.1", port),
        )
    )


def _welcome(settings: Settings, *, demo: bool) -> list[str]:
    lines = ["", f"The portal is at {settings.portal_base_url}"]
    if demo:
        lines += [
            f"Mail and text messages arrive at http://127.0.0.1:{OUTBOX_HTTP_PORT}",
            "Sign in as:",
            *(f"  {sign_in}" for sign_in in SIGN_INS),
        ]
    return [*lines, "Ctrl-C stops everything.", ""]


@click.command()
def web() -> None:
    """Serve the web pages alone; run as many of these as wanted."""
    settings = load_settings()
    if settings.database_url is None:
        raise SettingsError("DATABASE_URL is unset. `portal run` uses the embedded server.")
    server = Granian(
        "portal.wsgi:app",
        address=settings.portal_host,
        port=settings.portal_port,
        interface=Interfaces.WSGI,
        workers=settings.portal_web_workers,
        blocking_threads=4,
        websockets=False,
        log_access=False,
        log_level=LogLevels.warning,
    )
    server.serve()


@click.command(hidden=True)
def outbox_server() -> None:
    """Take the demo's mail and text messages, and show them."""
    settings = load_settings()
    outbox.serve(
        "127.0.0.1", settings.smtp_port, OUTBOX_HTTP_PORT, settings.portal_data_dir / "outbox"
    )


@click.command(hidden=True)
def identity_server() -> None:
    """Be the demo's OpenID Connect provider."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    identity.serve("127.0.0.1", IDENTITY_PORT, identity.DEMO_USERS)


@click.group()
def jobs() -> None:
    """The queue of background work."""


@jobs.command("work")
@click.option("--once", is_flag=True, help="Stop when no job is left.")
@click.option("--concurrency", default=2, show_default=True, help="Jobs at a time.")
def work_jobs(*, once: bool, concurrency: int) -> None:
    """Run background jobs until stopped; run as many of these as wanted."""
    with application() as app:
        adopt_demo_clock()
        work(app, app.config["PORTAL_SETTINGS"], wait=not once, concurrency=concurrency)


@jobs.command("tasks")
def list_tasks() -> None:
    """List the kinds of jobs this version knows."""
    load_tasks()
    for name in sorted(queue.tasks):
        click.echo(name)
