"""Letters and processes for the tests of waiting mails."""

from __future__ import annotations

from typing import Any

from solarctl import mail
from solarctl.decision import SendMail
from solarctl.letter import FIRST_PAUSE

from .conftest import NOW

LATER = NOW + FIRST_PAUSE


def letter(settings: mail.Settings, subject: str, at: Any = NOW) -> Any:
    return mail.compose(settings, SendMail("mail", subject, f"about {subject}"), at)


def subjects(server: Any) -> list[str]:
    return [received.message["Subject"] for received in server.messages]
