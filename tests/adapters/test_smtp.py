"""Mail and texts as a real SMTP server receives them."""

import asyncio
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.adapters.smtp import SmtpMailer, SmtpTexter
from portal.config import Settings
from portal.core.errors import Invalid, Unavailable


@dataclass
class Post:
    """A mail server on a free port, and what it took."""

    answer: str = "250 OK"
    port: int = 0
    recipients: list[str] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.recipients += envelope.rcpt_tos
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, login: LoginPassword
    ) -> AuthResult:
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"right", handled=False)


def serve(post: Post, **options: Any) -> Iterator[Post]:
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(post, loop=loop, **options), "127.0.0.1", 0)
    )
    post.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield post
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def post() -> Iterator[Post]:
    yield from serve(Post())


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for this machine, trusted by this test alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted, secret = tmp_path / "trusted.pem", tmp_path / "key.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, secret)
    return context


@pytest.fixture
def locked_post(certificate: ssl.SSLContext) -> Iterator[Post]:
    """A mail server that wants encryption and a login first."""
    post = Post()
    yield from serve(
        post,
        tls_context=certificate,
        require_starttls=True,
        authenticator=post.check,
        auth_required=True,
    )


def settings_for(post: Post, **more: Any) -> Settings:
    return Settings(
        _env_file=None, smtp_port=post.port, mail_from="Portal <mail@portal.example>", **more
    )


def send(post: Post, *, settings: Settings | None = None, **changes: str) -> None:
    message = {"to": "wei@mail.example", "subject": "Receipt", "text": "Paid.", "key": "m-1"}
    SmtpMailer(settings or settings_for(post)).send(**message | changes)


def test_a_message_arrives_as_it_was_written(post):
    send(post, subject="收据 – paid", text="您好,\n\nPaid.\n")

    (message,) = post.messages
    assert post.recipients == ["wei@mail.example"]
    assert message["To"] == "wei@mail.example"
    assert message["From"] == "Portal <mail@portal.example>"
    assert message["Subject"] == "收据 – paid"
    assert message.get_content().splitlines() == ["您好,", "", "Paid."]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.tzinfo is not None


def test_a_repeat_is_visible_by_its_message_id(post):
    for key in ("0190-aa", "0190-aa", "key with > and \r\n", "key with > and \r\n"):
        send(post, key=key)

    first, again, odd, odd_again = (message["Message-ID"] for message in post.messages)
    assert first == again == "<0190-aa@portal.example>"
    assert odd == odd_again
    assert odd != first


def test_a_line_break_in_the_subject_adds_no_header(post):
    send(post, subject="Receipt\r\nBcc: eve@mail.example")

    (message,) = post.messages
    assert message["Subject"] == "Receipt Bcc: eve@mail.example"
    assert message["Bcc"] is None
    assert post.recipients == ["wei@mail.example"]


@pytest.mark.parametrize(
    "address",
    ["", "wei", "a@b@c", "wei@mail.example\r\nBcc: eve@mail.example", "a@b.example, c@d.example"],
)
def test_what_is_not_one_address_is_refused(post, address):
    with pytest.raises(Invalid):
        send(post, to=address)
    assert post.messages == []


def test_a_text_message_goes_to_the_gateway_under_its_digits_without_a_subject(post):
    settings = settings_for(post, text_gateway_domain="sms.example")

    SmtpTexter(settings).send(to="+86 (138) 0013-8000", text="验证码 482913", key="t-1")

    (message,) = post.messages
    assert post.recipients == ["8613800138000@sms.example"]
    assert message["Subject"] is None
    assert message.get_content().strip() == "验证码 482913"


def test_a_text_message_to_no_number_is_refused(post):
    with pytest.raises(Invalid):
        SmtpTexter(settings_for(post)).send(to="unknown", text="hello", key="t-1")


def test_a_server_that_refuses_the_message_is_unavailable(post):
    post.answer = "451 try again later"

    with pytest.raises(Unavailable):
        send(post)


def test_a_server_that_is_not_there_is_unavailable():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, but nobody listens
        with pytest.raises(Unavailable):
            send(Post(port=bound.getsockname()[1]))


def test_with_a_login_the_connection_is_encrypted_before_the_password_is_sent(locked_post):
    login = {"smtp_username": "portal", "smtp_password": "right"}

    send(locked_post, settings=settings_for(locked_post, smtp_host="localhost", **login))

    assert locked_post.logins == [(b"portal", b"right")]
    assert len(locked_post.messages) == 1


def test_a_wrong_password_is_unavailable(locked_post):
    login = {"smtp_username": "portal", "smtp_password": "wrong"}

    with pytest.raises(Unavailable):
        send(locked_post, settings=settings_for(locked_post, smtp_host="localhost", **login))
    assert locked_post.messages == []


def test_a_server_whose_certificate_is_another_hosts_never_sees_the_password(locked_post):
    login = {"smtp_username": "portal", "smtp_password": "right"}

    with pytest.raises(Unavailable):
        send(locked_post, settings=settings_for(locked_post, smtp_host="127.0.0.1", **login))
    assert locked_post.logins == []


def test_without_encryption_on_offer_the_password_stays_here(post):
    login = {"smtp_username": "portal", "smtp_password": "right"}

    with pytest.raises(Unavailable):
        send(post, settings=settings_for(post, **login))
    assert post.logins == []
