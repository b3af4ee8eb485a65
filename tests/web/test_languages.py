import gettext
from pathlib import Path

import pytest

from portal.config import ROOT
from portal.core.errors import PortalError
from portal.web import catalogues, languages

CODE = """
from flask_babel import gettext as _, ngettext
from portal.core.errors import Invalid

def page(count):
    _("You owe %(amount)s", amount=count)
    ngettext("%(num)d account", "%(num)d accounts", count)
    raise Invalid("%(text)s is no amount.", text=count)
"""
SOURCE = """
["You owe %(amount)s"]
zh = "您目前欠款%(amount)s"
es = "Usted debe %(amount)s"

["%(num)d account"]
plural = "%(num)d accounts"
zh = "%(num)d个账户"
es = ["%(num)d cuenta", "%(num)d cuentas"]

["%(text)s is no amount."]
zh = "%(text)s不是金额。"
es = "%(text)s no es una cantidad."
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "babel.cfg").write_text((ROOT / "babel.cfg").read_text())
    (tmp_path / "portal/debtor/templates").mkdir(parents=True)
    (tmp_path / "portal/bank").mkdir()
    (tmp_path / "portal/debtor/views.py").write_text(CODE)
    (tmp_path / catalogues.SOURCES).mkdir(parents=True)
    write(tmp_path, SOURCE)
    languages.compile(tmp_path)
    return tmp_path


def write(root: Path, text: str, area: str = "debtor") -> None:
    (root / catalogues.SOURCES / f"{area}.toml").write_text(text)


def translator(root: Path, locale: str) -> gettext.NullTranslations:
    return gettext.translation("messages", root / catalogues.FOLDER, [locale])


def test_every_text_of_the_portal_is_translated() -> None:
    assert languages.check(ROOT) == []


def test_a_complete_set_of_texts_has_no_faults(tree: Path) -> None:
    assert languages.check(tree) == []


def test_the_catalogues_speak_each_language(tree: Path) -> None:
    chinese = translator(tree, "zh_Hans_CN")
    spanish = translator(tree, "es_US")

    assert chinese.gettext("You owe %(amount)s") == "您目前欠款%(amount)s"
    assert chinese.ngettext("%(num)d account", "%(num)d accounts", 2) == "%(num)d个账户"
    assert spanish.ngettext("%(num)d account", "%(num)d accounts", 1) == "%(num)d cuenta"
    assert spanish.ngettext("%(num)d account", "%(num)d accounts", 0) == "%(num)d cuentas"


def test_compiling_twice_changes_nothing(tree: Path) -> None:
    assert languages.compile(tree) == []


def test_messages_of_domain_errors_count_as_texts(tree: Path) -> None:
    texts = [message.text for message in catalogues.find_messages(tree)]

    assert "%(text)s is no amount." in texts


def test_extracting_adds_what_is_missing_to_its_area(tree: Path) -> None:
    (tree / "portal/bank/views.py").write_text(
        '_("Refer")\nngettext("%(num)d day", "%(num)d days", n)'
    )
    (tree / "portal/debtor/templates/home.html").write_text('{{ _("He said \\"no\\"") }}')

    added = languages.extract(tree)

    assert sorted(added) == ["%(num)d day", 'He said "no"', "Refer"]
    assert languages.extract(tree) == []
    assert '["Refer"]\nzh = ""\n' in (tree / catalogues.SOURCES / "bank.toml").read_text()
    entries = {entry.text: entry for entry in catalogues.read_entries(tree)}
    assert entries["%(num)d day"].plural == "%(num)d days"
    assert entries['He said "no"'].area == "debtor"


def test_chinese_is_due_everywhere_and_spanish_where_a_debtor_reads(tree: Path) -> None:
    (tree / "portal/bank/views.py").write_text('_("Refer")')
    (tree / "portal/debtor/more.py").write_text('_("Pay")')

    assert languages.check(tree) == [
        "portal/debtor/more.py: no zh for 'Pay'",
        "portal/debtor/more.py: no es for 'Pay'",
        "portal/bank/views.py: no zh for 'Refer'",
    ]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("您目前欠款%(amount)s", "", "no zh for"),
        ("Usted debe %(amount)s", "Usted debe", "other placeholders in es"),
        ("您目前欠款%(amount)s", "您目前欠款%(sum)s", "other placeholders in zh"),
        ("%(num)d个账户", "个账户", "other placeholders in zh"),
        ("您目前欠款%(amount)s", "您目前欠款,%(amount)s", "half-width punctuation"),
        ("您目前欠款%(amount)s", "你目前欠款%(amount)s", "where 您 is due"),
        ("您目前欠款%(amount)s", "您目前欠款 %(amount)s", "a space beside Chinese"),
        ('es = ["%(num)d cuenta", "%(num)d cuentas"]', 'es = "%(num)d cuentas"', "1 forms in es"),
        ('plural = "%(num)d accounts"\n', "", "lacks plural"),
        ('zh = "您目前欠款%(amount)s"', 'zh = "您目前欠款%(amount)s"\nfuzzy = true', "fuzzy"),
    ],
)
def test_the_check_names_each_kind_of_fault(
    tree: Path, before: str, after: str, fault: str
) -> None:
    assert before in SOURCE
    write(tree, SOURCE.replace(before, after))
    languages.compile(tree)

    faults = languages.check(tree)

    assert any(fault in text for text in faults)


def test_one_text_is_not_translated_in_two_ways(tree: Path) -> None:
    write(tree, '["You owe %(amount)s"]\nzh = "您欠%(amount)s"\nes = "Debe %(amount)s"', "bank")
    languages.compile(tree)

    assert [fault for fault in languages.check(tree) if "translated otherwise in bank" in fault]


def test_a_catalogue_that_was_not_made_again_is_found(tree: Path) -> None:
    write(tree, SOURCE.replace("Usted debe", "Debe"))

    assert languages.check(tree) == [
        "portal/translations/es/LC_MESSAGES/messages.mo is out of date; run portal i18n compile"
    ]


def test_letters_and_the_sandbox_are_not_asked_for_translations(tree: Path) -> None:
    for folder in ("portal/web/templates/letters/notice", "portal/sandbox/templates"):
        (tree / folder).mkdir(parents=True)
        (tree / folder / "page.html").write_text('{{ _("Letter") }}')

    assert languages.check(tree) == []


def test_what_a_failure_of_its_own_kind_says_counts_as_a_text(tree: Path) -> None:
    (tree / "portal/bank/errors.py").write_text(
        'class Repeated(Conflict):\n    def __init__(self):\n        super().__init__("Again.")'
    )

    assert "Again." in [message.text for message in catalogues.find_messages(tree)]


def test_a_reason_is_two_texts_and_a_field_of_a_file_one(tree: Path) -> None:
    folder = tree / "portal/core/accounts"
    folder.mkdir(parents=True)
    (folder / "reasons.py").write_text('Reason("%(value)s is wrong.", "Correct it.")')
    (folder / "mapping.py").write_text('Target("name", "Full name", Kind.TEXT)')

    found = {message.text: message.plural for message in catalogues.find_messages(tree)}

    assert found["%(value)s is wrong."] is None
    assert found["Correct it."] is None
    assert "Full name" in found
    assert "name" not in found


def test_every_failure_a_page_can_show_is_read_for_its_text() -> None:
    kinds = [kind for kind in _kinds_of(PortalError) if kind.__module__.startswith("portal.")]
    taking_text = {kind.__name__ for kind in kinds if kind.__init__ is PortalError.__init__}

    # Spoken to whoever sets the portal up, to the printing process, and to the payment provider.
    assert taking_text - {"ServerRefused", "DocumentRefused", "EventRefused"} <= set(
        catalogues.KEYWORDS
    )


def _kinds_of(kind: type[PortalError]) -> list[type[PortalError]]:
    return [found for sub in kind.__subclasses__() for found in (sub, *_kinds_of(sub))]
