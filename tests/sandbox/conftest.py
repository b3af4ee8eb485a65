from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.sandbox.world import World


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """Return a provider with an account of this test alone."""
    world = World(engine)
    yield world
    world.stop_listening()
