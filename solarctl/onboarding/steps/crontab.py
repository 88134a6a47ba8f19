"""The crontab lines for the rules that there are, as `crontab print` has them."""

from __future__ import annotations

from solarctl.errors import ConfigError
from solarctl.onboarding.wizard import Step, Wizard
from solarctl.schedule import printing


def run(wizard: Wizard) -> None:
    config = wizard.draft.config()
    options = printing.options(config, wizard.draft.path, wizard.state_dir)
    now = wizard.clock.now().astimezone(config.timezone)
    where = printing.Place(printing.program(), options, config.timezone, config.site.timezone, now)
    try:
        text = printing.text(config, where)
    except ConfigError as error:
        wizard.say(f"  {error}")
        return
    if text:
        wizard.say("  These lines let cron do the rest; `solarctl crontab install` puts them where they belong.")
        wizard.say("\n".join(f"  {line}" for line in text.rstrip().splitlines()))


STEP = Step("crontab", "Cron", 100, run, optional=False)
