"""Mail, with a test message, and the dead-man's switch."""

from __future__ import annotations

from typing import Any

from solarctl.decision import SendMail
from solarctl.onboarding import checks
from solarctl.onboarding.trial import Trial
from solarctl.onboarding.wizard import Step, Wizard

PORTS = {"ssl": 465, "starttls": 587, "none": 25}


def run(wizard: Wizard) -> None:
    host = wizard.ask("mail.host", "Mail server", "smtp.gmail.com", check=checks.not_empty)
    values: dict[str, Any] = {"host": host}
    ways = [("ssl", "TLS from the start"), ("starttls", "STARTTLS"), ("none", "no encryption (your own relay)")]
    values["security"] = wizard.pick("mail.security", "Encryption", ways, "ssl")
    values["port"] = wizard.ask("mail.port", "Port", PORTS[values["security"]], check=checks.whole)
    if "gmail" in host:
        wizard.say("  Gmail wants an app password: 16 letters from myaccount.google.com/apppasswords.")
    if username := wizard.ask("mail.username", "User name (empty: no log-in)", ""):
        values["username"] = username
        values["password"] = _password(wizard, host)
    values["to"] = wizard.ask("mail.to", "Who gets the mails?", values.get("username"), check=checks.mail_addresses)
    events = ["trouble", "recovery"]
    if wizard.confirm("mail.tell_actions", "Mail also what precool and thermostat-step do?", default=False):
        events += ["precool", "thermostat-step"]
    values["events"] = list(wizard.given("mail.events") or events)
    wizard.draft.add("mail", values)
    if wizard.confirm("mail.test", "Send a test mail now?", default=True):
        if wizard.attempt(_send_test, "Try the mail again?") is None:
            wizard.say("  [mail] is kept; mend it in config.toml.")
        else:
            wizard.say(f"  A test mail went to {', '.join(values['to'])}.")
    if url := wizard.ask(
        "heartbeat.url", "Ping address of a dead-man's switch, such as healthchecks.io (may be empty)", ""
    ):
        wizard.draft.add("heartbeat", {"url": url})


def _password(wizard: Wizard, host: str) -> Any:
    known = wizard.given("mail.password")
    if isinstance(known, dict):
        return known
    text = wizard.ask("mail.password", "Password", secret=True)
    if "gmail" in host:
        text = text.replace(" ", "")  # shown in groups of four
    return wizard.draft.secret("mail", text)


def _send_test(trial: Trial) -> bool:
    from solarctl import mail

    settings = trial.config.table("mail", mail.Settings)
    now = trial.clock.now().astimezone(trial.config.timezone)
    text = "If you can read this, solarctl can reach you when something is wrong.\n"
    mail.send(settings, mail.compose(settings, SendMail("mail", "solarctl: a test", text), now), timeout_s=20)
    return True


STEP = Step("mail", "Mail when something is wrong", 80, run, offered=lambda wizard: wizard.draft.find("mail") is None)
