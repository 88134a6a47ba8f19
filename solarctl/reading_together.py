"""Several devices asked at the same time, each within its own time limit: one dead device never stops the others.

Devices of one account share its connection and its log-in, so they are asked one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from solarctl.errors import ConfigError, DeviceUnreachable, SolarctlError
from solarctl.readings import Reading
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.run import Run

Ask = Callable[[], Reading]
LONGEST_S = 25.0  # for what has to be acted on


@value
class Answer:
    """What a device said to one question, or why it did not; `what` None: it could not even be asked."""

    device: str
    what: str | None
    reading: Reading | None
    error: SolarctlError | None = None


def read_together(run: Run, questions: Mapping[str, Sequence[Ask]]) -> dict[str, list[Reading | None]]:
    """Return each device's answers, None for those that failed, whose trouble is noted; a device is asked in turn."""
    found: dict[str, list[Reading | BaseException]] = {name: [] for name in questions}

    def work(name: str) -> None:
        for ask in questions[name]:
            found[name].append(_tried(ask))

    _in_lanes(run, list(questions), work, LONGEST_S)
    answers: dict[str, list[Reading | None]] = {}
    for name, asks in questions.items():
        said = list(found[name])
        said += [_late(name)] * (len(asks) - len(said))
        answers[name] = [run.read(name, lambda one=one: _given(one)) for one in said]  # type: ignore[misc]
    return answers


def read_everything(run: Run, questions: Callable[[Any], Iterable[tuple[str, Ask]]]) -> list[Answer]:
    """Return what all devices say to their questions, in the config's order; trouble is noted."""
    devices: dict[str, Any] = {}
    wrong: dict[str, ConfigError] = {}
    for name in run.config.names("devices"):
        try:
            devices[name] = run.site.device(name)
        except ConfigError as error:
            wrong[name] = error
    found: dict[str, list[tuple[str, Reading | BaseException]]] = {name: [] for name in devices}
    asked: set[str] = set()

    def work(name: str) -> None:
        try:
            for what, ask in questions(devices[name]):
                found[name].append((what, _tried(ask)))
        except SolarctlError as error:  # what kind of device it is could not be found out
            found[name].append(("", error))
        asked.add(name)

    _in_lanes(run, list(devices), work, run.budget.remaining_s())
    answers: list[Answer] = []
    for name in run.config.names("devices"):
        if name in wrong:
            run.note(wrong[name])
            answers.append(Answer(name, None, None, wrong[name]))
            continue
        said = list(found[name])
        if name not in asked:
            said.append(("", _late(name)))
        for what, one in said:
            reading = run.read(name, lambda one=one: _given(one))  # type: ignore[misc]
            answers.append(Answer(name, what or None, reading, None if reading is not None else run.last_error))
    return answers


def _in_lanes(run: Run, names: Sequence[str], work: Callable[[str], None], longest_s: float) -> None:
    lanes: dict[str, list[str]] = {}
    for name in names:
        account = run.config.entry("devices", name).get("account")
        lanes.setdefault(f"account {account}" if account else name, []).append(name)

    def serve(lane: Sequence[str]) -> None:
        for name in lane:
            work(name)

    run.state.turn = threading.RLock()  # one after the other, instead of all at the file's lock
    threads = [threading.Thread(target=serve, args=(lane,), daemon=True) for lane in lanes.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.1, min(longest_s, run.budget.remaining_s())))


def _tried(ask: Ask) -> Reading | BaseException:
    try:
        return ask()
    except BaseException as error:  # noqa: BLE001  carried over to the run
        return error


def _late(name: str) -> DeviceUnreachable:
    return DeviceUnreachable(name, "it did not answer in time")


def _given(one: Reading | BaseException) -> Reading:
    if isinstance(one, BaseException):
        raise one
    return one
