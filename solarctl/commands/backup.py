"""`backup` and `restore`: config, state and history of the house in one file; and a redacted bundle for bug reports."""

from __future__ import annotations

from pathlib import Path

import click

from solarctl.cli_options import GivenPath, shared_options, site_command
from solarctl.errors import SolarctlError, UsageError
from solarctl.options import Options
from solarctl.run import Run
from solarctl.runner import Environment

FILE = click.argument("file", type=GivenPath(path_type=Path, dir_okay=False))


@site_command("backup", rule=False)
@FILE
@click.option("--redacted", is_flag=True, help="For a bug report: no secret, no address, no coordinates.")
def backup(run: Run, file: Path, redacted: bool) -> None:
    """Put config, state and history into one private file, FILE (.tar.gz), which must be new.

    The files that the config names, such as secrets, go with it.
    """
    from solarctl import __version__, backup_file

    if redacted:
        from solarctl.bug_report import members as bundle
        from solarctl.commands import COMMANDS
        from solarctl.inspection import inspect

        members = bundle(run, tuple(COMMANDS), inspect(run.config, run.state_dir))
        outside: list[str] = []
    else:
        files, outside = backup_file.house_files(run.config.path.absolute(), run.config.raw, run.state_dir)
        members = backup_file.contents(files)
    if run.dry_run:
        sizes = {name: len(content) for name, content in members}
    else:
        sizes = backup_file.create(file, members, run.now, __version__)
    for path in outside:
        run.warn(f"{path} is named in the config and lies elsewhere; it is not in the backup")
    total_kb = sum(sizes.values()) / 1024
    verb = "would be put" if run.dry_run else "put"
    size = f"{total_kb:,.0f}".replace(",", " ")
    words = f"{len(sizes)} files, {size} kB, {verb} into {file}."
    if redacted:
        words += "\nLook through it before you send it: " + ", ".join(sizes)
    elif not run.dry_run:
        words += "\nIt holds your secrets; only you can read it."
    run.answer({"file": str(file), "members": sizes, "redacted": redacted, "left_out": outside}, words)


@click.command("restore")
@shared_options
@FILE
@click.pass_context
def restore(context: click.Context, /, file: Path, **shared: object) -> None:
    """Put a backup's config, state and history back.

    The backup is checked as a whole before anything is changed, and what was there is kept beside it. It needs no
    config, so that it works on a new computer.
    """
    options = Options(**shared)  # type: ignore[arg-type]
    environment = context.find_object(Environment) or Environment()
    try:
        context.exit(_restore(file, options, environment))
    except SolarctlError as error:
        from solarctl.output import show_failure

        context.exit(show_failure("restore", error, options, environment.out, environment.clock.now()))


def _restore(file: Path, options: Options, environment: Environment) -> int:
    from solarctl import restoring
    from solarctl.config import find_path, find_state_dir
    from solarctl.output import print_json

    if options.now:
        raise UsageError("restore puts back what there is now; it knows no --now")
    manifest, members = restoring.checked(file)
    config = find_path(options.config).absolute()
    state_dir = find_state_dir(options.state_dir or _pinned(members), None)
    now = environment.clock.now()
    kept = [] if options.dry_run else restoring.put_back(members, config, state_dir, environment.clock, now)
    words = [
        f"The backup of {manifest['made_at']} is whole: {len(members)} files.",
        f"{'It would go' if options.dry_run else 'Restored'} to {config} and {state_dir}.",
        *(f"What was there before is kept: {path}" for path in kept),
    ]
    if not options.dry_run:
        words.append("Its tokens may have been renewed since; if a log-in is refused: solarctl token-refresh --login …")
    if options.json:
        answer = {"made_at": manifest["made_at"], "members": sorted(members), "kept": [str(path) for path in kept]}
        row = {"command": "restore", "at": now, "dry_run": options.dry_run, "exit": 0, "errors": [], **answer}
        print_json(row, environment.out)
    elif not options.quiet:
        click.echo("\n".join(words), file=environment.out)
    return 0


def _pinned(members: dict[str, bytes]) -> Path | None:
    """Return the state folder that the backup's config pins, if it does."""
    import tomllib

    from solarctl.restoring import config_name

    found = tomllib.loads(members[config_name(members)].decode("utf-8")).get("site", {}).get("state_dir")
    return Path(found).expanduser() if isinstance(found, str) and Path(found).expanduser().is_absolute() else None
