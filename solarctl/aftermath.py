"""What follows a run: trouble is told once and its end once, mails leave or wait, the dead-man's switch is fed.

None of it changes the run's own result, and none of it can keep a device waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from solarctl import trouble
from solarctl.decision import SendMail
from solarctl.errors import ConfigError, SolarctlError, StateError
from solarctl.notes import Note, events, of_actions
from solarctl.run import Run

if TYPE_CHECKING:
    from solarctl import mail

SPOOL = "spool"
PRINTED = "printed"  # key of state.json: what -q has printed already
TOLD = "told"  # key of state.json: which actions were mailed lately


def started(run: Run) -> None:
    """Tell the heartbeat that the command starts, and give the run its mailer."""
    run.mailer = lambda action: post(run, action)
    _ping(run, "start")


def before_output(run: Run) -> None:
    """Judge the run's trouble and keep the verdict in state; decide whether -q prints it."""
    now = run.clock.now().astimezone(run.config.timezone)
    try:
        state = run.state.read()
        verdict, notes = trouble.judge(state.get("trouble", {}), run.command, run.exit_code, run.errors, now)
        told, actions = _told(run, state.get(TOLD, {}), now)
        notes += actions
        printed = state.get(PRINTED, {})
        news = True
        if run.options.quiet and run.exit_code:
            mark = trouble.fingerprint(run.exit_code, run.errors)
            news, printed = trouble.should_print(printed, run.command, mark, now)
        changes = {"trouble": verdict, PRINTED: printed, TOLD: told}
        if any(value != state.get(name, {}) for name, value in changes.items()):
            with run.state.transaction() as changed:
                changed.update(changes)
    except SolarctlError as error:
        if isinstance(error, StateError):
            run.note(error)
        # nobody may be left in the dark because nothing can be noted down
        _, notes = trouble.judge({}, run.command, run.exit_code, run.errors, now)
        news = True
    run.trouble_is_news = news
    run.notes = notes
    for notice in (*run.state.notices, *run.history.notices):
        run.warn(notice)


def after_output(run: Run) -> None:
    """Mail what is to be told, retry what waits, and feed the heartbeat."""
    settings = mail_settings(run)
    if settings is not None:
        for note in events(run.notes, settings.events):
            _post(run, settings, note.mail())
        _deliver(run, settings)
    _ping(run, run.exit_code)


def mail_settings(run: Run) -> mail.Settings | None:
    """Return [mail], or None when there is none or it is wrong (which is said on stderr)."""
    if run.config.find("mail") is None:
        return None
    from solarctl import mail

    try:
        return run.config.table("mail", mail.Settings)
    except ConfigError as error:
        run.warn(f"no mail can be sent: {error}")
        return None


def post(run: Run, action: SendMail) -> bool:
    """Send a mail that a rule decided on; False when it waits in the spool. What is wrong with it is noted."""
    settings = mail_settings(run)
    if settings is None:
        raise ConfigError("there is no [mail] that could be used", hint="Add [mail], or mend it: solarctl check")
    error = _post(run, settings, action)
    if error is not None:
        run.note(error)
        if getattr(error, "hopeless", False):
            raise error
    return error is None


def _post(run: Run, settings: mail.Settings, action: SendMail) -> SolarctlError | None:
    from solarctl import mail
    from solarctl.spool import Spool

    now = run.clock.now().astimezone(run.config.timezone)
    try:
        message = mail.compose(settings, action, now)
    except ConfigError as error:
        run.warn(f"no mail can be sent: {error}")
        return error
    return Spool(run.state_dir / SPOOL).post(message, _sender(run, settings), now)


def _deliver(run: Run, settings: mail.Settings) -> None:
    folder = run.state_dir / SPOOL
    if not folder.is_dir():
        return
    from solarctl.spool import Spool

    try:
        delivery = Spool(folder).deliver(_sender(run, settings), run.clock.now().astimezone(run.config.timezone))
    except SolarctlError as error:
        run.log(f"the spool: {error}")
        return
    for notice in delivery.notices:
        run.log(notice)


def _sender(run: Run, settings: mail.Settings) -> Any:
    from solarctl import mail

    def send(message: Any, recipients: Any) -> Mapping[str, tuple[int, str]]:
        return mail.send(settings, message, timeout_s=run.context.budget.timeout_s(20.0), recipients=recipients)

    return send


def _told(run: Run, memory: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], list[Note]]:
    """Return a note for each decision that changed something, as the original scripts mailed them."""
    told, notes = dict(memory), []
    for decision, carried in run.concluded:
        note, told = of_actions(told, run.command, decision, carried, now)
        if note is not None:
            notes.append(note)
    return told, notes


def _ping(run: Run, signal: str | int) -> None:
    if run.config.find("heartbeat") is None:
        return
    from solarctl import heartbeat

    try:
        settings = run.config.table("heartbeat", heartbeat.Settings)
    except ConfigError as error:
        run.warn(f"no heartbeat: {error}")
        return
    text = run.rows[-1]["because"] if signal != "start" and run.rows else ""
    wrong = heartbeat.ping(settings, run.command, signal, timeout_s=run.context.budget.timeout_s(10.0), text=text)
    if wrong:
        run.log(f"heartbeat: {wrong}")
