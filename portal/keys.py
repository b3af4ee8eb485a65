"""The keys that live outside the database: from the environment, or the demo's own file."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass, field

from pydantic import SecretStr

from portal.config import Settings, SettingsError
from portal.core import seals


@dataclass(frozen=True)
class Keys:
    """What wraps the banks' keys, what look-ups are keyed with, what signs form tokens."""

    master: bytes = field(repr=False)
    index: bytes = field(repr=False)
    form: str = field(repr=False)


def load_keys(settings: Settings) -> Keys:
    """Return the keys; outside production missing ones are made once and kept in a private file.

    Raises:
        SettingsError: a key is not 32 bytes of base64.
    """
    stored = {} if settings.portal_environment == "production" else _demo_keys(settings)
    return Keys(
        master=_decode("PORTAL_MASTER_KEY", settings.portal_master_key, stored.get("master")),
        index=_decode("PORTAL_INDEX_KEY", settings.portal_index_key, stored.get("index")),
        form=(settings.secret_key.get_secret_value() if settings.secret_key else stored["form"]),
    )


def use_keys(keys: Keys) -> None:
    """Load the keys into this process."""
    seals.configure(keys.master, keys.index)


def _decode(name: str, given: SecretStr | None, fallback: str | None) -> bytes:
    text = given.get_secret_value() if given is not None else (fallback or "")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise SettingsError(
            f"{name} is not 32 bytes of base64. Make one with: openssl rand -base64 32"
        )
    return raw


def _demo_keys(settings: Settings) -> dict[str, str]:
    path = settings.portal_data_dir / "keys.json"
    if not path.exists():
        settings.portal_data_dir.mkdir(parents=True, exist_ok=True)
        fresh = {
            name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("master", "index")
        }
        fresh["form"] = secrets.token_urlsafe(32)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(fresh, file)
        try:
            # Whoever comes first wins: two starts at once must not use two sets of keys.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    loaded: dict[str, str] = json.loads(path.read_text())
    return loaded
