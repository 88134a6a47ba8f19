"""`record`: one row of all meters, for the pictures and the evening mail."""

from __future__ import annotations

from solarctl.cli_options import site_command
from solarctl.errors import ConfigError
from solarctl.questions import meters
from solarctl.readings import to_json
from solarctl.run import Run


@site_command("record", pausable=False)
def command(run: Run) -> None:
    """Write one row of all meters into history.

    One dead device never stops the others; each device is asked as seldom as its vendor wants.
    """
    run.context.only_looks()
    rows = []
    for name in run.config.names("devices"):
        try:
            device = run.site.device(name)
        except ConfigError as error:
            run.note(error)
            continue
        for _what, ask in meters(device):
            reading = run.read(name, ask)
            if reading is not None:
                rows.append(to_json(name, reading))
    if rows and not run.dry_run:
        run.record({"at": run.now.isoformat(timespec="seconds"), "readings": rows}, kind="readings")
        run.store.flush()
    verb = "would be recorded" if run.dry_run else "recorded"
    run.answer({"readings": rows}, f"{len(rows)} readings {verb}.")
