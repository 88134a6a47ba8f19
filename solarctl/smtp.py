"""The exchange with a mail server: connect, log in once, hand over, and explain what went wrong.

Imported only when there is a mail to send; `smtplib`, `email` and `ssl` cost more than the rest of a run.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from email.message import EmailMessage

from solarctl.errors import Exit
from solarctl.mail import MailError, Settings, one_line

GMAIL = ("gmail.com", "googlemail.com")
GMAIL_HINT = (
    "Gmail wants an app password (16 letters; Google account, 2-Step Verification, App passwords), "
    "not the password you sign in with. Put it into mail.password."
)
WILL_PASS = ("4.", "5.4.5")  # enhanced codes that time heals; 5.4.5 is Gmail's daily limit
LOGIN_CODES = (530, 534, 535, 538)


def exchange(
    settings: Settings, message: EmailMessage, sender: str, recipients: list[str], limit_s: float
) -> dict[str, tuple[int, str]]:
    """Hand the mail over and return the refused recipients, or raise `MailError`, within about `limit_s`."""
    client: smtplib.SMTP | None = None
    out_of_time = threading.Event()

    def cut() -> None:
        out_of_time.set()
        if client is not None:
            _hang_up(client)

    watch = threading.Timer(limit_s, cut)  # a socket's own limit restarts with every byte a slow server sends
    watch.daemon = True
    watch.start()
    try:
        client = _unconnected(settings, limit_s)
        _connect(client, settings)
        _log_in(client, settings)
        refused = client.send_message(message, sender, recipients)
    except (OSError, ValueError) as error:  # all of smtplib's and ssl's are OSErrors
        silent = out_of_time.is_set() or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        raise _silence(settings, limit_s) if silent else _explained(error, settings) from error
    finally:
        watch.cancel()
        if client is not None:
            _say_goodbye(client)
    return {address: (code, _reply(said)) for address, (code, said) in refused.items()}


def will_pass(code: int, said: str) -> bool:
    """Return whether the server's refusal is one that time heals."""
    return 400 <= code < 500 or said.startswith(WILL_PASS)


def _unconnected(settings: Settings, limit_s: float) -> smtplib.SMTP:
    name = socket.gethostname()
    name = name if "." in name else "[127.0.0.1]"  # asking DNS for the full name can take longer than the mail
    client = (
        smtplib.SMTP_SSL(local_hostname=name, timeout=limit_s, context=_tls(settings))
        if settings.security == "ssl"
        else smtplib.SMTP(local_hostname=name, timeout=limit_s)
    )
    client._host = settings.host  # type: ignore[attr-defined]  # connect() does not set the name that TLS verifies
    return client


def _connect(client: smtplib.SMTP, settings: Settings) -> None:
    code, said = client.connect(settings.host, settings.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, said)
    client.ehlo_or_helo_if_needed()
    if settings.security == "starttls":
        client.starttls(context=_tls(settings))
        client.ehlo()


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _log_in(client: smtplib.SMTP, settings: Settings) -> None:
    if not (settings.username and settings.password):
        return
    password = settings.password.reveal()
    if settings.host.endswith(GMAIL):
        password = "".join(password.split())  # Google shows it in groups of four
    offered = client.esmtp_features.get("auth", "").upper().split()
    known = [method for method in ("PLAIN", "LOGIN", "CRAM-MD5") if method in offered]
    if known:
        client.esmtp_features["auth"] = known[0]  # smtplib would try a refused password once more by each method
    client.login(settings.username, password)


def _hang_up(client: smtplib.SMTP) -> None:
    if client.sock is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(client.sock, socket.SHUT_RDWR)  # below TLS: the reader wakes up with "end of file"


def _say_goodbye(client: smtplib.SMTP) -> None:
    """End the session without waiting for much: what counts has been said."""
    try:
        if client.sock is not None:
            client.sock.settimeout(1.0)
            client.docmd("QUIT")
    except (OSError, ValueError):
        pass
    finally:
        client.close()


def _silence(settings: Settings, limit_s: float) -> MailError:
    hint = "Is it the right port for mail.security? It is tried again by the next runs."
    return MailError(f"{settings.host}:{settings.port} did not answer within {limit_s:g} s", hint=hint, for_all=True)


def _explained(error: Exception, settings: Settings) -> MailError:
    """Return what the person is told of an exception from smtplib, ssl or the network."""
    server = f"{settings.host}:{settings.port}"
    match error:
        case smtplib.SMTPRecipientsRefused():
            replies = {address: (code, _reply(said)) for address, (code, said) in error.recipients.items()}
            said = "; ".join(f"{address}: {code} {text}" for address, (code, text) in replies.items())
            if any(will_pass(code, text) for code, text in replies.values()):
                return MailError(f"{server} takes it for nobody just now ({said})")
            hint = "Check the addresses in mail.to."
            return MailError(f"{server} refused every recipient ({said})", hint=hint, exit_code=Exit.REFUSED)
        case smtplib.SMTPResponseException():
            return _refusal(error, settings)
        case smtplib.SMTPNotSupportedError():
            what = "STARTTLS" if "STARTTLS" in str(error) else "a login" if "AUTH" in str(error) else "such addresses"
            hint = "Check mail.port and mail.security."
            return MailError(f"{server} does not offer {what}", hint=hint, exit_code=Exit.CONFIG, for_all=True)
        case ssl.SSLCertVerificationError():
            hint = "Check mail.host; for a server of your own, name its authority in mail.ca_file."
            text = f"the certificate of {server} cannot be trusted: {error.verify_message}"
            return MailError(text, hint=hint, exit_code=Exit.CONFIG, for_all=True)
        case ssl.SSLError() if not isinstance(error, ssl.SSLEOFError):
            hint = 'Port 465 goes with security = "ssl", port 587 with "starttls".'
            text = f"{server} does not speak TLS as mail.security says ({error.reason or 'handshake failed'})"
            return MailError(text, hint=hint, exit_code=Exit.CONFIG, for_all=True)
        case UnicodeError():
            text = "mail.username or mail.password has letters that a mail server does not take"
            return MailError(text, hint="Use plain ASCII characters.", exit_code=Exit.LOGIN, for_all=True)
        case FileNotFoundError() | PermissionError() if settings.ca_file:
            text = f"mail.ca_file cannot be read: {error.strerror}"
            return MailError(text, exit_code=Exit.CONFIG, for_all=True)
        case smtplib.SMTPServerDisconnected():
            return MailError(f"{server} broke the connection", for_all=True)
        case OSError():
            why = (error.strerror or type(error).__name__).lower()
            return MailError(f"{server} cannot be reached ({why})", hint="Check mail.host and mail.port.", for_all=True)
    return MailError(f"the mail could not be handed to {server} ({type(error).__name__})", exit_code=Exit.BUG)


def _refusal(error: smtplib.SMTPResponseException, settings: Settings) -> MailError:
    """Return what a three-digit answer of the server means for the person."""
    code, said = error.smtp_code, _reply(error.smtp_error)
    text = f"{settings.host} answered {code} {said}".rstrip()
    login = isinstance(error, smtplib.SMTPAuthenticationError)
    if will_pass(code, said):
        for_all = login or isinstance(error, smtplib.SMTPConnectError) or code in (421, 550)
        return MailError(text, hint="It is tried again by the next runs.", for_all=for_all)
    if login or code in LOGIN_CODES:
        hint = GMAIL_HINT if settings.host.endswith(GMAIL) else "Check mail.username and mail.password."
        return MailError(text, hint=hint, exit_code=Exit.LOGIN, for_all=True)
    if isinstance(error, smtplib.SMTPDataError) or code == 552:
        return MailError(text, exit_code=Exit.REFUSED)
    hint = "Check mail.sender." if isinstance(error, smtplib.SMTPSenderRefused) else "Check mail.host and mail.port."
    return MailError(text, hint=hint, exit_code=Exit.REFUSED, for_all=True)


def _reply(said: bytes | str) -> str:
    return one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said, 300)
