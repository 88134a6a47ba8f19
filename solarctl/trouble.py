"""Trouble: who is told what, and when, so that one breakage is one mail and its end another.

    exit 1, 69, 74, 76, 77, 78     mailed at once
    exit 75 (try again)            mailed after 30 unbroken minutes
    another kind of trouble        is a mail of its own, once
    exit 0 after a trouble mail    one mail that it is over
    exit 2, Ctrl-C, SIGTERM        no trouble, and no recovery

A command that breaks and mends all the time would still mail twice a minute; after three trouble mails within an
hour the next ones wait for 30 unbroken minutes as well. All functions are pure: memory in, memory out; memory is
plain JSON and changes only when something is to be told or begins or ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from solarctl.errors import Exit, SolarctlError
from solarctl.notes import Note, is_news
from solarctl.notes import events as events  # chosen where they are judged
from solarctl.value import value

Memory = Mapping[str, Any]  # command -> what is known of its trouble; plain JSON

NO_TROUBLE = frozenset({Exit.USAGE, Exit.INTERRUPTED, Exit.TERMINATED})
PATIENCE = timedelta(minutes=30)
FLAPPING_MAILS = 3  # trouble mails of one command within FLAPPING_TIME
FLAPPING_TIME = timedelta(hours=1)
PRINT_AGAIN = timedelta(hours=24)

_TITLES = {
    Exit.BUG: "{command} hit a bug",
    Exit.REFUSED: "{command}: the device refused",
    Exit.STATE: "{command} cannot read or write its state",
    Exit.TRY_AGAIN: "{command} has been waiting in vain for {lasted}",
    Exit.NONSENSE: "{command}: the device answers nonsense",
    Exit.LOGIN: "{command} cannot log in",
    Exit.CONFIG: "{command}: the config needs mending",
}
_STEPS = {
    Exit.BUG: "Run it by hand with -vv to see where, and please report it.",
    Exit.REFUSED: "Look at the device, or at its vendor's app.",
    Exit.STATE: "Look at the disk of this computer: is it full, or read-only?",
    Exit.TRY_AGAIN: "Look at the device's power and network, and at your own internet connection.",
    Exit.NONSENSE: "Run it by hand with -vv, and please report what the device answered.",
    Exit.LOGIN: "Log in again, or mend the password or token in the config.",
    Exit.CONFIG: "Mend config.toml; `solarctl check` lists every problem.",
}
_MEANWHILE = {
    Exit.LOGIN: "It does nothing that needs this login until that is mended.",
    Exit.CONFIG: "It does nothing until the config is mended.",
}
_KEEPS_TRYING = "It tries again at every run of the schedule; what it cannot reach stays as it is."


def judge(
    memory: Memory,
    command: str,
    exit_code: int,
    errors: Sequence[BaseException],
    now: datetime,
    *,
    because: str = "",
    dry_run: bool = False,
) -> tuple[dict[str, Any], list[Note]]:
    """Return what to remember after a run of `command`, and whom to tell what.

    `because` is the decision's sentence; it tells what is wrong where no error does (a reading too old).
    """
    known = dict(memory)
    if dry_run or exit_code in NO_TROUBLE:
        return known, []
    before = _Entry.decoded(known.get(command), now)
    if exit_code == Exit.OK:
        after, notes = _Entry(mails=before.mails), [_recovery(command, before, now)] if before.told else []
    else:
        after, notes = _troubled(command, exit_code, _what(errors) or because, _hints(errors), before, now)
    known.pop(command, None)
    remembered = after.encoded()
    return known | ({command: remembered} if remembered else {}), notes


def should_print(memory: Memory, command: str, fingerprint: str, now: datetime) -> tuple[bool, dict[str, Any]]:
    """Return whether -q prints this trouble now: once, then every 24 h; and what to remember."""
    return is_news(memory, command, fingerprint, now, PRINT_AGAIN)


def fingerprint(exit_code: int, errors: Sequence[BaseException]) -> str:
    """Return what makes two troubles the same: kind, device and words, whatever the numbers in them."""
    import hashlib

    parts = [str(exit_code)]
    for error in errors:
        words = "".join(letter for letter in getattr(error, "message", str(error)) if not letter.isdigit())
        parts.append(f"{type(error).__name__}|{getattr(error, 'device', '')}|{words}")
    return hashlib.sha256("\n".join(sorted(parts)).encode("utf-8", "replace")).hexdigest()[:12]


@value
class _Entry:
    """What is known of a command's trouble; all empty while it works."""

    since: datetime | None = None  # the whole trouble
    kind: int = 0
    kind_since: datetime | None = None
    told: tuple[int, ...] = ()  # the kinds that were mailed in this trouble
    what: str = ""  # what the last of these mails said
    mails: tuple[datetime, ...] = ()  # lately, also of troubles that are over

    @classmethod
    def decoded(cls, found: Any, now: datetime) -> _Entry:
        """Return the entry, mended: a moment that a clock set back has put into the future is now."""
        entry: Mapping[str, Any] = found if isinstance(found, dict) else {}
        kind, told, mails = entry.get("kind"), entry.get("told"), entry.get("mails")
        if not isinstance(kind, int) or not kind:
            kind, told = 0, ()
        mailed = [_moment(at, now) for at in mails] if isinstance(mails, list) else []
        return cls(
            since=min(_moment(entry.get("since"), now), now) if kind else None,
            kind=kind,
            kind_since=min(_moment(entry.get("kind_since"), now), now) if kind else None,
            told=tuple(code for code in told if isinstance(code, int)) if isinstance(told, list) else (),
            what=str(entry.get("what", "")),
            mails=tuple(at for at in mailed if timedelta(0) <= now - at < FLAPPING_TIME),
        )

    def encoded(self) -> dict[str, Any]:
        """Return it as JSON; nothing at all when there is nothing to remember."""
        mails = {"mails": [at.isoformat() for at in self.mails]} if self.mails else {}
        if self.since is None or self.kind_since is None:
            return mails
        moments = {"since": self.since.isoformat(), "kind_since": self.kind_since.isoformat()}
        return {"kind": self.kind, **moments, "told": list(self.told), "what": self.what, **mails}


def _troubled(
    command: str, exit_code: int, what: str, hints: str, before: _Entry, now: datetime
) -> tuple[_Entry, list[Note]]:
    entry = before
    if entry.kind != exit_code:
        entry = replace(entry, since=entry.since or now, kind=exit_code, kind_since=now)
    if exit_code in entry.told:
        return entry, []
    flapping = len(entry.mails) >= FLAPPING_MAILS and not entry.told
    lasts = now - (entry.kind_since or now) >= PATIENCE
    if not lasts and (flapping or exit_code == Exit.TRY_AGAIN):
        return entry, []
    note = _trouble(command, exit_code, what, hints, entry, now)
    told = replace(entry, told=(*entry.told, exit_code), mails=(*entry.mails, now), what=what)
    return told, [note]


def _trouble(command: str, exit_code: int, what: str, hints: str, entry: _Entry, now: datetime) -> Note:
    since = entry.kind_since or now
    code = Exit(exit_code) if exit_code in set(Exit) else Exit.BUG
    title = _TITLES.get(code, "{command} failed").format(command=command, lasted=_lasted(now - since))
    last_of_many = not entry.told and len(entry.mails) + 1 >= FLAPPING_MAILS
    paragraphs = [
        what or f"{command} ended with exit code {exit_code}.",
        f"Since: {_when(since, now)}.",
        "What to do: " + (hints or _STEPS.get(code, _STEPS[Exit.BUG])),
        f"Try it by hand: solarctl {command} -v"
        + ("" if code in (Exit.CONFIG, Exit.STATE) else "\nAsk every device: solarctl check --online"),
        "Meanwhile: " + _MEANWHILE.get(code, _KEEPS_TRYING),
        "It comes and goes; from now on you hear of it only when it lasts for half an hour."
        if last_of_many
        else "You get one more mail, when it works again.",
    ]
    return Note("trouble", command, f"solarctl: {title}", "\n\n".join(paragraphs) + "\n")


def _recovery(command: str, before: _Entry, now: datetime) -> Note:
    since = before.since or now
    was = f"It had been in trouble since {_when(since, now)}, for {_lasted(now - since)}:"
    text = f"{command} works again: {_when(now, now)}.\n\n{was}\n{before.what or 'see solarctl why'}\n"
    return Note("recovery", command, f"solarctl: {command} works again", text + f"\nMore: solarctl why {command}\n")


def _what(errors: Sequence[BaseException]) -> str:
    """Return what broke, one line each; of a foreign exception only its kind, for it may carry a secret."""
    lines = [str(e) if isinstance(e, SolarctlError) else f"solarctl itself failed ({type(e).__name__})" for e in errors]
    return "\n".join(dict.fromkeys(lines))


def _hints(errors: Sequence[BaseException]) -> str:
    hints = (str(getattr(error, "hint", "")) for error in errors)
    return "\n".join(dict.fromkeys(hint for hint in hints if hint))


def _moment(text: Any, now: datetime) -> datetime:
    """Return a remembered moment; one that cannot be read is now."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return now
    return moment if moment.tzinfo is not None else now


def _when(moment: datetime, now: datetime) -> str:
    return f"{moment.astimezone(now.tzinfo):%a %d %b %Y, %H:%M}"


def _lasted(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
