"""Acting on a decision: carry it out, remember what really happened, write it down; in this order, so that the
house is served even where nothing can be noted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from solarctl.decision import Action, Carried, Decision, Outcome, SendMail
from solarctl.errors import BusyError, DeviceError, DeviceUnreachable, Exit, StateError
from solarctl.explain import error_json
from solarctl.memory import encode

if TYPE_CHECKING:
    from solarctl.run import Run

M = TypeVar("M")
Remember = Callable[[M, Sequence[Carried]], M]
UNDECIDED = ("command", "at", "reason", "because", "dry_run", "exit", "readings", "actions", "errors", "took_s")
LONGEST_MESSAGE = 300


def conclude(run: Run, decision: Decision[M], remember: Remember[M] | None) -> list[Carried]:
    """Carry a decision out, keep in memory what really happened, and record it; a signal in between loses nothing."""
    paused = run.paused()
    dry_run = run.dry_run or paused is not None
    carried: list[Carried] = []
    try:
        for action in decision.actions:
            carried.append(_carry_out(run, action, dry_run=dry_run))
    finally:
        if not dry_run:
            run.concluded.append((decision, carried))
            _remember(run, decision, remember, carried)
        if paused:
            decision = replace(decision, because=f"{paused} {decision.because}")
        _record(run, decision, carried, dry_run=dry_run)
    return carried


def _carry_out(run: Run, action: Action, *, dry_run: bool) -> Carried:
    try:
        if isinstance(action, SendMail):
            outcome = _send(run, action, dry_run=dry_run)
        else:
            outcome = run.site.carry_out(action, run.known, run.note, dry_run=dry_run)
    except (DeviceError, StateError) as error:
        run.note(error)
        outcome = Outcome.FAILED
    return Carried(action, outcome, run.now)


def _send(run: Run, action: SendMail, *, dry_run: bool) -> Outcome:
    if dry_run or run.mailer is None:
        return Outcome.DRY_RUN if dry_run else Outcome.UNCHANGED
    return Outcome.DONE if run.mailer(action) else Outcome.PENDING


def _remember(run: Run, decision: Decision[M], remember: Remember[M] | None, carried: Sequence[Carried]) -> None:
    memory = decision.memory
    if memory is not None and remember is not None:
        memory = remember(memory, carried)
    try:
        if memory is None:
            run.store.flush()
        else:
            with run.store.transaction() as state:  # with what drivers put: a write is three syncs of the disk
                state["memory"][run.command] = encode(memory)
    except (StateError, BusyError) as error:
        run.note(error)


def _record(run: Run, decision: Decision[Any], carried: Sequence[Carried], *, dry_run: bool) -> None:
    expected = [e for e in run.errors if isinstance(e, DeviceUnreachable) and e.expected]
    silence_is_fine = bool(expected) and len(expected) == len(run.errors)
    code = Exit.OK if decision.exit_code == Exit.TRY_AGAIN and silence_is_fine else decision.exit_code
    run.codes.append(code)
    row = {
        "command": run.command,
        "at": run.now.isoformat(timespec="seconds"),
        "reason": str(decision.reason),
        "because": decision.because,
        "dry_run": dry_run,
        "exit": run.exit_code,
        "readings": run.readings_json(),
        "actions": [one.to_json() for one in carried],
        "errors": [error_json(error) for error in run.errors],
        "took_s": round(run.clock.monotonic() - run.started_s, 2),
    } | decision.details
    if not dry_run:
        run.record(row)
    run.add_row(row | {"exit": run.exit_code, "errors": [error_json(error) for error in run.errors]})


def record_undecided(run: Run) -> None:
    """Write down a run that failed before it could decide: it is not one that cron left out."""
    known = run.to_json() | {"errors": [_brief(error_json(error)) for error in run.errors]}
    run.record({key: known[key] for key in UNDECIDED})


def _brief(error: dict[str, Any]) -> dict[str, Any]:
    """Return so much of an error as history needs; a broken config may be told each minute."""
    message = error["message"]
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]} …"
    return error | {"message": message, "hint": ""}
