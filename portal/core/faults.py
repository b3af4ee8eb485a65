"""Named points where a test may break the program. They do nothing unless a test arms them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

_armed: dict[str, Callable[[], None]] = {}


def point(name: str) -> None:
    """Mark a step of money, import or audit at which a crash must lose nothing."""
    action = _armed.get(name)
    if action is not None:
        action()


def arm(name: str, action: Callable[[], None]) -> None:
    """Let the named point run `action`; only tests call this."""
    _armed[name] = action


def disarm_all() -> None:
    """Make every point harmless again."""
    _armed.clear()


def kill_process() -> None:
    """End this process the hard way, as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm_from_environment() -> None:
    """Arm `PORTAL_FAULT_KILL=<name>` with a kill, for tests that crash a whole process."""
    name = os.environ.get("PORTAL_FAULT_KILL")
    if name:
        arm(name, kill_process)
