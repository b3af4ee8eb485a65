"""Many callers at once, each in a context of its own, all let go at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from portal.extensions import db


def at_once(app: Flask, callers: int, call: Callable[[int], Any]) -> list[Any]:
    """Run `call` with 0, 1, 2 … at once; return what each returned or raised."""
    gate = threading.Barrier(callers)

    def run(number: int) -> Any:
        with app.app_context():
            gate.wait(timeout=30)
            try:
                return call(number)
            except Exception as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(max_workers=callers) as pool:
        return list(pool.map(run, range(callers)))
