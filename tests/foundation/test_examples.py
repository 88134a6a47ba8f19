"""README, config.toml.example and crontab.example say what is true."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import typing
from pathlib import Path

import pytest

from solarctl.commands import COMMANDS
from solarctl.config import Config
from solarctl.drivers import catalogue
from solarctl.errors import Exit
from solarctl.inspection import SHARED, inspect, settings_class
from solarctl.schedule.crontab import parse
from solarctl.schedule.printing import ranges
from solarctl.schedule.recommended import lines

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.toml.example"
RAW = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path):
    """The example config with its secrets and curves in place."""
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    for name in re.findall(r'\{ file = "([^"]+)" \}', path.read_text(encoding="utf-8")):
        (tmp_path / name).write_text("a-secret")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "water-heater.csv").write_text("percent;watts\n0;0\n50;1000\n100;2000\n")
    path.chmod(0o600)
    return Config.load(path)


def tables():
    """Return every command's and shared table of the example that has settings in code."""
    return [name for name in dict.fromkeys((*COMMANDS, *SHARED)) if name in RAW and settings_class(name)]


def test_the_example_is_right(example, tmp_path):
    """The shipped example has no error that `check` can find, except that its devices are not used twice."""
    errors = [problem for problem in inspect(example, tmp_path) if problem.severity == "error"]
    assert errors == []


def compared(settings, raw, path=""):
    """Yield (path, default in code, value in the example) for every optional key that the example prints."""
    for field in dataclasses.fields(settings):
        key = field.name.rstrip("_")
        if key not in raw or "device" in field.metadata or "account" in field.metadata:
            continue
        if field.default is dataclasses.MISSING:
            continue
        yield f"{path}.{key}", field.default, getattr(settings, field.name)


# Names, ids, texts of the owner's own, and values that belong to the house shown, not to the default.
OWNERS = {
    "balance.loads",
    "tariff.windows",
    "plan.devices",
    "site.latitude",
    "site.longitude",
    "balance.force_topic",
    "balance.status_topic",
    "precool.until",
    "mail.username",
    "mail.password",
}


@pytest.mark.parametrize("table", tables())
def test_printed_values_are_the_defaults(example, table):
    """A value that the example prints for a key that may be left out is the default, or its comment names that."""
    settings = example.table(table, settings_class(table))
    for path, default, printed in compared(settings, RAW[table], table):
        if path not in OWNERS and printed != default:
            told = told_default(table, path.rpartition(".")[2])
            right = {"None": "none", "False": "false", "True": "true"}.get(
                str(default), f"{default}".removesuffix(".0")
            )
            named = told in RAW[table] and default is None  # the default is another key's value
            assert told == right or named, f"{path}: the example says {printed!r}, the code {default!r}"


def told_default(table, key):
    """Return what the comment behind a key says its default is."""
    section = EXAMPLE.read_text(encoding="utf-8").partition(f"\n[{table}]\n")[2].partition("\n[")[0]
    found = re.search(rf"^{key} = .*# default ([^;\s]+)", section, re.MULTILINE)
    return found[1] if found else ""


def test_every_command_with_settings_is_in_the_example():
    """A command that has a table in the code has one in the example."""
    tables = (name for name in COMMANDS if settings_class(name) is not None)
    missing = [name for name in tables if name not in RAW and f"# [{name}]" not in EXAMPLE.read_text(encoding="utf-8")]
    assert missing == []


def test_every_table_of_the_example_is_read_by_something():
    """The example shows no table that nobody reads."""
    known = {"site", "accounts", "devices", *SHARED, *COMMANDS}
    assert set(RAW) - known == set()


@pytest.mark.parametrize("name", sorted(RAW["devices"]))
def test_every_device_of_the_example_has_a_driver(name):
    """Each device's driver is a row of the catalogue."""
    assert RAW["devices"][name]["driver"] in catalogue.DRIVERS


def crontab_jobs():
    return parse((ROOT / "crontab.example").read_text(encoding="utf-8"))


def test_crontab_example_parses():
    """Every line of crontab.example is one that cron takes, and runs a command that there is."""
    crontab = crontab_jobs()
    assert crontab.problems == ()
    assert {job.name for job in crontab.jobs} <= set(COMMANDS)
    assert all(job.argv for job in crontab.jobs)


@pytest.mark.parametrize("job", crontab_jobs().jobs, ids=lambda job: " ".join(job.argv))
def test_crontab_lines_are_valid_command_lines(job):
    """Each line's options are taken by its command."""
    from click.testing import CliRunner

    from solarctl.cli import group

    result = CliRunner().invoke(group, [*job.argv, "--help"])
    assert result.exit_code == Exit.OK
    context = group.make_context("solarctl", list(job.argv), resilient_parsing=False)
    command = group.get_command(context, job.name)
    command.make_context(job.name, list(job.argv[1:]))


def test_crontab_example_is_the_recommended_schedule(example):
    """Its lines are those that `crontab print` writes for the example config; `balance` is a service there."""
    found = lines(example)
    table = [(_minutes(one.every_min), ranges(one.hours), one.command) for one in found if not one.is_service]
    told = [(*job.schedule.split()[:2], job.name) for job in crontab_jobs().ours]
    assert told == table
    assert all(job.schedule.endswith("* * *") for job in crontab_jobs().ours)


def _minutes(every_min):
    return "*" if every_min == 1 else f"*/{every_min}"


def test_readme_has_each_row_and_link_once():
    """No row of a table and no link is there twice."""
    rows = [row.split("|")[1].split("`")[1].split()[0] for row in README.splitlines() if row.startswith("| `")]
    assert sorted(set(rows)) == sorted(rows)
    links = re.findall(r"\]\((docs/[^)]+)", README.partition("## More")[2])
    assert sorted(set(links)) == sorted(links)


def test_readme_names_every_command():
    """The README's table has each command."""
    missing = [name for name in COMMANDS if not re.search(rf"`{name}[ `]", README)]
    assert missing == []


def test_readme_lists_the_exit_codes():
    """The README's exit codes are those of the code."""
    for code in Exit:
        assert re.search(rf"\b{int(code)}\b", README), code


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)", README))))
def test_readme_links_lead_somewhere(link):
    """Every relative link of the README points at a file."""
    assert (ROOT / link).exists()


def test_config_reference_is_generated():
    """docs/config.md is what the code says."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("config_reference", ROOT / "docs" / "config_reference.py")
    module = importlib.util.module_from_spec(typing.cast("importlib.machinery.ModuleSpec", spec))
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "config.md").read_text(encoding="utf-8") == module.text(), "run docs/config_reference.py"
