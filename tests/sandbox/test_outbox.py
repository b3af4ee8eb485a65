"""The demo's outbox: what is mailed to it is kept, and shown as text and nothing else."""

import re
import signal
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from portal.adapters.smtp import SmtpMailer, SmtpTexter
from portal.config import ROOT, Settings
from portal.sandbox.outbox import Outbox, make_viewer


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def keep(outbox: Outbox, *, to: str = "wei@mail.example", subject: str | None, text: str) -> None:
    message = EmailMessage()
    message["To"] = to
    message["From"] = "portal@portal.example"
    if subject is not None:
        message["Subject"] = subject
    message.set_content(text)
    outbox.keep(message.as_bytes())


def links_in(page: str) -> list[str]:
    return re.findall(r'href="(/messages/[^"]+)"', page)


def test_the_newest_message_comes_first(outbox):
    for subject in ("subject 1", "subject 2", "subject 3"):
        keep(outbox, subject=subject, text="x")

    page = make_viewer(outbox).test_client().get("/").text

    assert re.findall(r"subject (\d)", page) == ["3", "2", "1"]


def test_the_list_can_be_narrowed_to_one_address(outbox):
    keep(outbox, to="wei@mail.example", subject="for Wei", text="x")
    keep(outbox, to="ann@mail.example", subject="for Ann", text="x")

    page = make_viewer(outbox).test_client().get("/?to=WEI").text

    assert "for Wei" in page
    assert "for Ann" not in page


def test_an_empty_outbox_says_so(outbox):
    assert "Nothing was sent yet" in make_viewer(outbox).test_client().get("/").text


def test_a_message_is_shown_as_text_with_its_addresses_to_click(outbox):
    keep(outbox, subject=None, text="验证码 482913, or http://127.0.0.1:8000/in?a=1&b=2.")
    client = make_viewer(outbox).test_client()
    (link,) = links_in(client.get("/").text)

    page = client.get(link).text

    assert "Text message" in page
    assert "验证码 482913" in page
    assert '<a href="http://127.0.0.1:8000/in?a=1&amp;b=2" rel="noopener">' in page


def test_what_somebody_wrote_never_becomes_markup_or_script(outbox):
    attack = '<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) "x'
    keep(outbox, to='"<b>"@mail.example', subject=attack, text=attack)
    client = make_viewer(outbox).test_client()
    (link,) = links_in(client.get("/").text)

    pages = [client.get("/"), client.get("/", query_string={"to": attack}), client.get(link)]

    for page in pages:
        assert "<script" not in page.text
        assert "<img" not in page.text
        assert 'href="javascript' not in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ["x", "..%2f..%2fetc%2fpasswd", "0" * 36, "%2e%2e"])
def test_no_other_file_can_be_read(outbox, name):
    assert make_viewer(outbox).test_client().get(f"/messages/{name}").status_code == 404


def test_a_site_that_names_itself_this_machine_is_refused(outbox):
    answer = make_viewer(outbox).test_client().get("/", base_url="http://rebound.example")

    assert answer.status_code == 400


def test_what_the_portal_sends_can_be_read_until_it_is_asked_to_stop(outbox):
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.sandbox.outbox", "127.0.0.1", "0", "0", outbox.folder],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.readline()
    found = re.fullmatch(r"takes mail at 127.0.0.1:(\d+), shows it at (http://\S+)\n", said)
    settings = Settings(_env_file=None, smtp_port=found[1])

    SmtpMailer(settings).send(to="wei@mail.example", subject="收据", text="Paid", key="m-1")
    SmtpTexter(settings).send(to="+86 138 0013 8000", text="482913", key="t-1")
    page = requests.get(found[2], timeout=10).text

    assert page.index("8613800138000@sms.portal.example") < page.index("收据")
    process.send_signal(signal.SIGTERM)
    assert process.communicate() == ("", None)
    assert process.returncode == 0
