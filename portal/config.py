"""Settings: typed, read from the environment once; a wrong value stops the start with its cure."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(SystemExit):
    """The environment holds a value the portal cannot use; the text names it and the cure."""


class Settings(BaseSettings):
    """Everything an operator can set. Each name is an environment variable in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    database_url: str | None = Field(
        None, description="The app's login, role portal_app. Unset: the embedded server."
    )
    database_admin_url: str | None = Field(
        None, description="A login that may create roles and tables: portal migrate, tests."
    )
    portal_data_dir: Path = Field(
        ROOT / ".portal", description="Embedded server, keys and outbox of the demo."
    )
    portal_environment: Literal["demo", "test", "production"] = Field(
        "demo", description="demo shows a banner; production refuses demo keys and the sandbox."
    )
    portal_base_url: str = Field(
        "http://127.0.0.1:8000",
        description="The address people reach the portal at; unset, this machine at PORTAL_PORT.",
    )
    portal_host: str = Field("127.0.0.1", description="Address the web server binds.")
    portal_port: int = Field(8000, ge=1, le=65535, description="Port the web server binds.")
    portal_web_workers: int = Field(2, ge=1, le=64, description="Web server processes.")
    portal_master_key: SecretStr | None = Field(
        None, description="32 bytes, base64: wraps each bank's key. Required in production."
    )
    portal_index_key: SecretStr | None = Field(
        None,
        description="32 bytes, base64: keyed look-up of codes and e-mails. Required in production.",
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs form tokens. Required in production."
    )
    stripe_secret_key: SecretStr | None = Field(
        None,
        description="Set: the real payment provider. Unset: the sandbox, with a TEST MODE banner.",
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="Signing secret of the webhook endpoint, with STRIPE_SECRET_KEY."
    )
    payment_sandbox: bool | None = Field(
        None, description="Force the payment sandbox on or off; refused together with a key."
    )
    smtp_host: str = Field("127.0.0.1", description="Mail server.")
    smtp_port: int = Field(8025, ge=1, le=65535, description="Mail server's port.")
    smtp_username: str | None = Field(None, description="Mail server login, with STARTTLS.")
    smtp_password: SecretStr | None = Field(None, description="Mail server password.")
    mail_from: str = Field("portal@portal.example", description="Sender of the portal's e-mail.")
    text_gateway_domain: str = Field(
        "sms.portal.example", description="Text messages leave by mail to <number>@<domain>."
    )
    import_max_bytes: int = Field(
        1_000_000_000, ge=1, description="Largest file a bank may import."
    )
    oidc_allow_loopback: bool = Field(
        False,
        description="Let single sign-on use http and loopback addresses: demo and tests only.",
    )

    @model_validator(mode="after")
    def _payment_provider(self) -> Settings:
        if self.stripe_secret_key is not None and self.payment_sandbox:
            raise ValueError(
                "PAYMENT_SANDBOX and STRIPE_SECRET_KEY are both set; unset one of them, so that"
                " real money and the sandbox can never meet"
            )
        if self.stripe_secret_key is not None and self.stripe_webhook_secret is None:
            raise ValueError(
                "STRIPE_WEBHOOK_SECRET is unset; copy it from the endpoint's page at the provider"
            )
        return self

    @model_validator(mode="after")
    def _reached_where_served(self) -> Settings:
        if "portal_base_url" not in self.model_fields_set:
            self.__dict__["portal_base_url"] = f"http://127.0.0.1:{self.portal_port}"
        return self

    @model_validator(mode="after")
    def _production(self) -> Settings:
        if self.portal_environment != "production":
            return self
        needed = (
            "database_url",
            "portal_master_key",
            "portal_index_key",
            "secret_key",
            "stripe_secret_key",
        )
        missing = [name.upper() for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"production needs {', '.join(missing)}; set them in the environment")
        if not self.portal_base_url.startswith("https://"):
            raise ValueError("PORTAL_BASE_URL must start with https:// in production")
        if self.oidc_allow_loopback:
            raise ValueError("OIDC_ALLOW_LOOPBACK is for demo and tests; unset it in production")
        return self

    @property
    def sandbox_enabled(self) -> bool:
        """Tell whether payments go to the sandbox: only when no real key is set."""
        return self.stripe_secret_key is None and self.payment_sandbox is not False


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: a value is wrong; the text names each one and what to do.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"]).upper() or "settings"
            field = Settings.model_fields.get(name.lower())
            hint = f" ({field.description})" if field is not None and field.description else ""
            lines.append(f"  {name}: {fault['msg'].removeprefix('Value error, ')}{hint}")
        raise SettingsError("The settings cannot be used:\n" + "\n".join(lines)) from None
