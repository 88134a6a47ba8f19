"""The crontab lines for the rules that there are."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from solarctl.onboarding.wizard import Step, Wizard

# frequent and harmless to repeat: a run that was missed is made up for by the next one
LINES = (
    ("grid-guard", "*/5 * * * *"),
    ("easee-balance", "* * * * *"),
    ("peak-mode", "*/5 * * * *"),
    ("precool", "*/15 * * * *"),
    ("thermostat-step", "*/15 * * * *"),
    ("eod-status", "*/15 * * * *"),
)
TOKENS = "30 21 * * *"
RECORD = "*/5 * * * *"


def run(wizard: Wizard) -> None:
    program = shlex.quote(_program())
    config = f" -c {shlex.quote(str(wizard.draft.path.absolute()))}"
    lines = [(when, command) for command, when in LINES if wizard.draft.find(command) is not None]
    if any(wizard.draft.find(f"accounts.{name}.service") == "tesla" for name in wizard.draft.names("accounts")):
        lines.append((TOKENS, "token-refresh"))
    if wizard.draft.names("devices"):
        lines.append((RECORD, "record"))
    if not lines:
        return
    wizard.say(
        "  These lines let cron do the rest (crontab -e; the hours are this computer's, solarctl knows the site's):"
    )
    for when, command in lines:
        wizard.say(f"  {when:<14} {program} {command}{config} -q")


def _program() -> str:
    """Return the absolute path of the installed program."""
    found = shutil.which("solarctl") or sys.argv[0]
    return str(Path(found).absolute())


STEP = Step("crontab", "Cron", 100, run, optional=False)
