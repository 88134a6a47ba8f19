"""What follows a run: trouble is told once and its end once, mails leave or wait, the dead-man's switch is fed.

None of it changes the run's own result, and none of it can keep a device waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from solarctl import emergency, log, trouble
from solarctl.decision import SendMail
from solarctl.errors import ConfigError, SolarctlError, StateError
from solarctl.notes import Note, events, of_actions
from solarctl.run import Run

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from solarctl import heartbeat, mail

    Letter = tuple[EmailMessage, Path | None]  # None: there was no room to keep it

SPOOL = "spool"
PRINTED = "printed"  # key of state.json: what -q has printed already
START_PING, LETTERS = "start-ping", "letters"  # among the run's shared objects
TOLD = "told"  # key of state.json: which actions were mailed lately


def started(run: Run) -> None:
    """Tell the heartbeat that the command starts, without waiting for it, and give the run its mailer."""
    run.mailer = lambda action: post(run, action)
    settings = _heartbeat(run)
    if settings is not None:
        from solarctl import heartbeat

        limit_s = run.context.budget.timeout_s(heartbeat.LIMIT_S)
        run.context.shared[START_PING] = heartbeat.ping_meanwhile(settings, run.command, "start", timeout_s=limit_s)


def before_output(run: Run) -> None:
    """Judge the run's trouble, put its mails on disk, then the verdict into state; decide whether -q prints it."""
    known: dict[str, Any] = emergency.recall(run.state_dir)
    untold = bool(known)
    try:
        known = {**run.state.read(), **known}
        changes, run.notes = _judged(run, known)
        kept = _kept(run)  # before the state says they were told: a kill in between loses none
        if untold or any(value != known.get(name, {}) for name, value in changes.items()):
            with run.state.transaction() as changed:
                changed.update(changes)
        if untold:
            emergency.forget(run.state_dir)
    except SolarctlError as error:
        if isinstance(error, StateError):
            run.note(error)
        changes, run.notes = _judged(run, known)
        kept = _kept(run)
        emergency.keep(run.state_dir, changes)
    run.context.shared[LETTERS] = kept
    for notice in run.state.notices:
        run.warn(notice)


def after_output(run: Run) -> None:
    """Mail what is to be told, retry what waits, and feed the heartbeat."""
    settings = mail_settings(run)
    if settings is not None:
        _deliver(run, settings)
    finish = run.context.shared.pop(START_PING, None)
    if finish is not None:
        _say_wrong(run, finish())
    _ping(run, run.exit_code)


def _judged(run: Run, known: Mapping[str, Any]) -> tuple[dict[str, Any], list[Note]]:
    """Return the sections of state that change, and the notes; sets whether -q prints the trouble."""
    now = run.clock.now().astimezone(run.config.timezone)
    because = run.rows[-1]["because"] if run.rows else ""
    before = known.get("trouble", {})
    verdict, notes = trouble.judge(before, run.command, run.trouble_code, run.errors, now, because=because)
    told, actions = _told(run, known.get(TOLD, {}), now)
    printed = known.get(PRINTED, {})
    run.trouble_is_news = True
    if run.options.quiet and run.trouble_code:
        mark = trouble.fingerprint(run.trouble_code, run.errors)
        run.trouble_is_news, printed = trouble.should_print(printed, run.command, mark, now)
    return {"trouble": verdict, PRINTED: printed, TOLD: told}, notes + actions


def _kept(run: Run) -> list[Letter]:
    """Put the mails that are wanted on disk; where that fails they wait in memory for `after_output`."""
    settings = mail_settings(run) if run.notes else None
    if settings is None:
        return []
    from solarctl import mail
    from solarctl.spool import Spool

    kept: list[Letter] = []
    now = run.clock.now().astimezone(run.config.timezone)
    for note in events(run.notes, settings.events):
        try:
            message = mail.compose(settings, note.mail(), now)
        except ConfigError as error:
            run.warn(f"no mail can be sent: {error}")
            break
        try:
            kept.append((message, Spool(run.state_dir / SPOOL).keep(message, now)))
        except StateError:
            kept.append((message, None))
    return kept


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
    """Send this run's mails at once, then those that wait and are due."""
    folder = run.state_dir / SPOOL
    letters: list[Letter] = run.context.shared.pop(LETTERS, [])
    if not letters and not folder.is_dir():
        return
    from solarctl.spool import Delivery, Spool

    spool, send = Spool(folder), _sender(run, settings)
    now = run.clock.now().astimezone(run.config.timezone)
    rounds: list[Delivery] = []
    try:
        for message, path in letters:
            rounds.append(spool.try_now(path, send, now) if path else Delivery(error=spool.post(message, send, now)))
        if not any(getattr(one.error, "for_all", False) for one in rounds):
            rounds.append(spool.deliver(send, now))
    except SolarctlError as error:
        run.log(f"the spool: {error}")
    for one in rounds:
        for notice in one.notices:
            log.notice(run.command, notice)
        if one.error is not None:
            run.log(str(one.error))


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


def _heartbeat(run: Run) -> heartbeat.Settings | None:
    if run.config.find("heartbeat") is None:
        return None
    from solarctl import heartbeat

    try:
        return run.config.table("heartbeat", heartbeat.Settings)
    except ConfigError as error:
        run.warn(f"no heartbeat: {error}")
        return None


def _ping(run: Run, signal: str | int) -> None:
    settings = _heartbeat(run)
    if settings is None:
        return
    from solarctl import heartbeat

    text = run.rows[-1]["because"] if run.rows else ""
    limit_s = run.context.budget.timeout_s(heartbeat.LIMIT_S)
    _say_wrong(run, heartbeat.ping(settings, run.command, signal, timeout_s=limit_s, text=text))


def _say_wrong(run: Run, wrong: str | None) -> None:
    if wrong:
        run.log(f"heartbeat: {wrong}")
