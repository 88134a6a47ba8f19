"""Work that goes on at the same time, each in a thread of its own, as much of it as the machine has cores for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from threading import Thread


def side_by_side(tasks: Sequence[Callable[[], None]]) -> None:
    """Do the first here and the others beside it; those that there is no core for are left out."""
    threads = [Thread(target=task, daemon=True) for task in tasks[1 : os.cpu_count() or 1]]
    for thread in threads:
        thread.start()
    tasks[0]()
    for thread in threads:
        thread.join()
