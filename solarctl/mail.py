"""Mail: a SendMail action becomes a message, and the message goes to the server that [mail] names.

What goes wrong is told by what the person does next: 75 the server is silent or says "later", 77 the login is
refused, 78 [mail] does not fit the server, 69 the server refuses this mail for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from solarctl.decision import SendMail
from solarctl.errors import ConfigError, Exit, Problem, SolarctlError
from solarctl.settings import Secret, setting
from solarctl.value import value

if TYPE_CHECKING:
    from email.headerregistry import Address
    from email.message import EmailMessage

SUBJECT_LIMIT = 200


@value
class Settings:
    """The mail server, and who is told what."""

    host: str = setting(help="the mail server, e.g. smtp.gmail.com")
    to: list[str] = setting(help="who gets the mails")
    port: int = setting(465, ge=1, le=65535, help="465 for ssl, 587 for starttls, 25 for a relay of your own")
    security: Literal["ssl", "starttls", "none"] = setting("ssl", help="how the connection is encrypted")
    username: str = setting("", help="login name; empty: no login")
    password: Secret | None = setting(None, help="password; for Gmail an app password")
    sender: str = setting("", help="the From address; default: the username, or solarctl at this computer")
    events: list[str] = setting(
        default_factory=lambda: ["trouble", "recovery"],
        help="what is mailed as it happens: trouble, recovery, and names of commands whose actions are told",
    )
    ca_file: Path | None = setting(None, help="certificate authority (PEM) of a mail server of your own")
    timeout_s: float = setting(20.0, gt=0, le=300, help="time limit for one mail")

    def problems(self) -> Iterator[tuple[str, str]]:
        """Say what the keys get wrong together."""
        for key, texts in (("to", self.to), ("sender", [self.sender] if self.sender else [])):
            for text in texts:
                if not _is_address(text):
                    yield key, f"{text!r} is no mail address, such as me@example.com"
        if not self.to:
            yield "to", "must name at least one address"
        if bool(self.username) != bool(self.password):
            missing, there = ("password", "username") if self.username else ("username", "password")
            yield missing, f"is missing, though mail.{there} is there"


class MailError(SolarctlError):
    """A mail did not leave; `for_all`: the next mail would fare no better just now."""

    def __init__(
        self, message: str, *, hint: str = "", exit_code: Exit = Exit.TRY_AGAIN, for_all: bool = False
    ) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code
        self.for_all = for_all

    @property
    def device(self) -> str:
        return "mail"

    @property
    def hopeless(self) -> bool:
        """Whether trying this very mail again cannot help, whatever a person mends."""
        return self.exit_code == Exit.REFUSED and not self.for_all


def warnings(settings: Settings) -> list[Problem]:
    """Return what looks wrong with [mail], without talking to the server."""
    found = []
    if settings.security == "none" and settings.password and not _is_loopback(settings.host):
        text = "the password would cross the network in the clear"
        found.append(Problem("mail.security", text, 'Write security = "ssl" or "starttls".', severity="warning"))
    usual = {"ssl": 465, "starttls": 587}.get(settings.security)
    if usual and settings.port in (465, 587) and settings.port != usual:
        text = f"servers speak {'starttls' if settings.port == 587 else 'ssl'} on port {settings.port}"
        found.append(Problem("mail.port", text, f"Write port = {usual}.", severity="warning"))
    return found


def compose(settings: Settings, action: SendMail, now: datetime) -> EmailMessage:
    """Return the mail: plain text, the same as HTML if there is any, and the pictures it shows.

    The Message-ID follows from the content and the time, so that a mail sent twice is seen once.
    """
    import hashlib
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime

    author = sender(settings)
    subject, text = one_line(action.to, SUBJECT_LIMIT), _clean(action.text)
    identity = "\0".join([now.isoformat(), subject, text, *settings.to]).encode()
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = author
    message["To"] = [_address("mail.to", recipient) for recipient in settings.to]
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{hashlib.sha256(identity).hexdigest()[:32]}@{author.domain or 'solarctl.invalid'}>"
    message["Auto-Submitted"] = "auto-generated"  # so that no holiday notice answers
    message.set_content((text or subject).rstrip("\n") + "\n")
    if action.html:
        message.add_alternative(_clean(action.html), subtype="html")
    for name, picture in action.inline:
        plain_name = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "._-@")) or "picture"
        kind = _picture_kind(picture)
        if action.html:
            html_part: Any = message.get_payload(1)
            html_part.add_related(picture, maintype="image", subtype=kind, cid=f"<{plain_name}>")
        else:
            message.add_attachment(picture, maintype="image", subtype=kind, filename=plain_name)
    return message


def send(
    settings: Settings, message: EmailMessage, *, timeout_s: float, recipients: Sequence[str] | None = None
) -> dict[str, tuple[int, str]]:
    """Hand the mail to the server; return those recipients (code, reply) that it refused while it took others.

    Without `recipients` it goes to everybody in To. The exchange ends within about `timeout_s`.
    """
    from solarctl.smtp import exchange

    if recipients is None:
        recipients = [address.addr_spec for address in message["To"].addresses]
    return exchange(settings, message, sender(settings).addr_spec, list(recipients), min(timeout_s, settings.timeout_s))


def one_line(text: str, limit: int) -> str:
    """Return text fit for a header: one line, no control characters, cut to `limit`."""
    line = " ".join(_clean(text).split()).replace("=?", "= ?")  # else `email` decodes it, line ends and all
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def sender(settings: Settings) -> Address:
    """Return who the mail comes from."""
    from email.headerregistry import Address

    if settings.sender:
        return _address("mail.sender", settings.sender)
    if "@" in settings.username:
        own = _address("mail.username", settings.username)
        return Address(own.display_name or "solarctl", own.username, own.domain)
    import socket

    host = "".join(c for c in socket.gethostname() if c.isascii() and (c.isalnum() or c in ".-"))
    return Address("solarctl", "solarctl", host.strip(".-") or "localhost")


def _address(path: str, text: str) -> Address:
    from email.headerregistry import Address
    from email.utils import parseaddr

    if not _is_address(text):
        raise ConfigError([Problem(path, f"{text!r} is no mail address", "Write it like me@example.com.")])
    name, spec = parseaddr(text)
    local, _, domain = spec.rpartition("@") if "@" in spec else (spec, "", "")
    return Address(one_line(name, 80), local, domain.encode("idna").decode())


def _is_address(text: str) -> bool:
    from email.utils import getaddresses

    found = getaddresses([text])
    spec = found[0][1] if len(found) == 1 else ""
    if not spec or not (text == spec or text.endswith(f"<{spec}>")):
        return False
    local, _, domain = spec.partition("@")
    labels = domain.split(".") if "@" in spec else ["local"]
    local_fits = local and all(c.isascii() and (c.isalnum() or c in "!#$%&'*+-/=?^_`{|}~.") for c in local)
    domain_fits = all(0 < len(label) < 64 and label.replace("-", "a").isalnum() for label in labels)
    dots_fit = not (local.startswith(".") or local.endswith(".") or ".." in local)
    return bool(local_fits and domain_fits and dots_fit and text == _clean(text) and "\n" not in text)


def _clean(text: str) -> str:
    """Return text that UTF-8 can carry, without control characters other than line ends and tabs."""
    import unicodedata

    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") else " " for c in lines)


def _picture_kind(picture: bytes) -> str:
    starts = {b"\x89PNG": "png", b"\xff\xd8": "jpeg", b"GIF8": "gif"}
    return next((kind for start, kind in starts.items() if picture.startswith(start)), "svg+xml")


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
