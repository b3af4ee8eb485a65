"""The `portal` command. `portal --help` is the operator's whole manual."""

from __future__ import annotations

import click

from portal.commands import (
    acting,
    agencies,
    breaches,
    checking,
    compliance,
    holds,
    importing,
    own_rules,
    people,
    permits,
    referring,
    reminding,
    rulebook,
    running,
    upkeep,
    wishes,
    wording,
)

EPILOG = """\b
Settings come from the environment or a file .env; `portal settings` lists them all.
With none set, everything runs on an embedded PostgreSQL under .portal/.
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="referral-portal", prog_name="portal")
def main() -> None:
    """Run and look after the referral portal."""


COMMANDS = {
    "run": running.run,
    "web": running.web,
    "jobs": running.jobs,
    "outbox": running.outbox_server,
    "identity": running.identity_server,
    "demo": upkeep.demo,
    "migrate": upkeep.migrate,
    "doctor": upkeep.doctor,
    "settings": upkeep.settings,
    "import": importing.import_file,
    "refer": referring.refer,
    "remind": reminding.remind,
    "offers": agencies.offers,
    "recoveries": agencies.recoveries,
    "actions": acting.actions,
    "permits": permits.permits,
    "breaches": breaches.breaches,
    "holds": holds.holds,
    "wishes": wishes.wishes,
    "statements": wishes.statements,
    "users": people.users,
    "rules": checking.rules,
    "words": wording.words,
    "ledger": checking.ledger,
    "assets": checking.assets,
    "i18n": checking.i18n,
}
for name, command in COMMANDS.items():
    main.add_command(command, name)
for command in (rulebook.packs, rulebook.show, rulebook.try_rules, own_rules.own):
    checking.rules.add_command(command)
checking.rules.add_command(compliance.replay)
permits.permits.add_command(compliance.answer_permit)

if __name__ == "__main__":
    main()
