import pytest
from flask import Flask

from portal.web.preferences import own_path
from tests.web.pages import make_app


@pytest.fixture(scope="module")
def app() -> Flask:
    app = make_app()
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def test_a_chosen_language_is_kept_and_the_page_shown_again(app: Flask) -> None:
    answer = app.test_client().post(
        "/preferences/language", data={"language": "zh", "next": "/accounts?state=open"}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/accounts?state=open"
    assert answer.headers["Set-Cookie"].startswith("language=zh;")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_a_chosen_theme_is_kept(app: Flask) -> None:
    answer = app.test_client().post("/preferences/theme", data={"theme": "dark", "next": "/"})

    assert answer.headers["Set-Cookie"].startswith("theme=dark;")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/preferences/language", {"language": "xx"}),
        ("/preferences/language", {}),
        ("/preferences/theme", {"theme": "purple"}),
    ],
)
def test_an_unknown_choice_is_refused(app: Flask, path: str, data: dict[str, str]) -> None:
    answer = app.test_client().post(path, data=data)

    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "accounts",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "https://elsewhere.example/",
        "/\t/elsewhere.example",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
    ],
)
def test_a_choice_never_leads_to_another_site(target: str | None) -> None:
    assert own_path(target) == "/"


@pytest.mark.parametrize(
    ("target", "path"),
    [("/accounts?", "/accounts"), ("/accounts?q=a b", "/"), ("/a?q=%20b", "/a?q=%20b"), ("/", "/")],
)
def test_a_path_of_our_own_is_kept(target: str, path: str) -> None:
    assert own_path(target) == path


def test_a_choice_without_a_token_is_refused() -> None:
    answer = make_app().test_client().post("/preferences/theme", data={"theme": "dark"})

    assert answer.status_code == 400
