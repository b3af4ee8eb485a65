"""The demo's identity provider at another instant: `identity_clock SECONDS HOST PORT USERS`.

Its tokens say when they were made, and a portal whose clock is moved holds them to its own time.
"""

from __future__ import annotations

import logging
import sys
import time

from portal.sandbox.identity import from_json, serve

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    seconds, host, port, users = sys.argv[1:]
    really = time.time
    time.time = lambda: really() + float(seconds)
    serve(host, int(port), from_json(users))
