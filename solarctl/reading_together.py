"""Several devices asked at the same time, each within its own time limit: one dead device never stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from solarctl.errors import DeviceUnreachable
from solarctl.readings import Reading

if TYPE_CHECKING:
    from solarctl.run import Run

R = TypeVar("R", bound=Reading)
LONGEST_S = 25.0


def read_together(
    run: Run, questions: Mapping[str, Sequence[Callable[[], Reading]]]
) -> dict[str, list[Reading | None]]:
    """Return each device's answers, None for those that failed, whose trouble is noted; a device is asked in turn."""
    found: dict[str, list[Reading | BaseException]] = {name: [] for name in questions}

    def work(name: str, asks: Sequence[Callable[[], Reading]]) -> None:
        for ask in asks:
            try:
                found[name].append(ask())
            except BaseException as error:  # noqa: BLE001  carried over to the run
                found[name].append(error)

    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in questions.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.1, min(LONGEST_S, run.budget.remaining_s())))
    answers: dict[str, list[Reading | None]] = {}
    for name, asks in questions.items():
        said = list(found[name])
        said += [DeviceUnreachable(name, "it did not answer in time")] * (len(asks) - len(said))
        answers[name] = [run.read(name, lambda one=one: _given(one)) for one in said]  # type: ignore[misc]
    return answers


def _given(one: Reading | BaseException) -> Reading:
    if isinstance(one, BaseException):
        raise one
    return one
