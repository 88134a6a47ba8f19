"""The layers of DESIGN: who may import whom, and what a command may not load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import solarctl
from solarctl.commands import COMMANDS

ROOT = Path(solarctl.__file__).parent
WORDS = {
    "",
    "readings",
    "capabilities",
    "decision",
    "errors",
    "context",
    "settings",
    "forced",
    "curve",
    "value",
    "__version__",
}
BODIES = {"schedule", "simulation", "reporting", "onboarding", "balancing"}
VENDOR = {"requests", "pymodbus", "paho", "httpx", "urllib3"}
HEAVY = VENDOR | {
    "ssl",
    "rich",
    "holidays",
    "asyncio",
    "numpy",
    "sqlite3",
    "smtplib",
    "cronsim",
    "tomli_w",
    "aiosmtpd",
    "amqtt",
}
SERVERS = {"aiosmtpd", "amqtt", "pymodbus"}
CLOCK = re.compile(r"datetime\.now\(|date\.today\(|(?<![a-z.])time\.(?:time|sleep)\(")
# files that are themselves imported inside functions, on first use
OPENED_LATE = {"history_db": {"sqlite3"}, "smtp": {"ssl", "smtplib"}, "simulation.live": {"rich"}}
LONGEST_FILE = 320  # at 250 we look for the second noun


def modules():
    return sorted(path for path in ROOT.rglob("*.py"))


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path, *, top_only=False):
    """Return what a file imports: dotted names; `top_only`: not what functions import."""
    found = set()

    def visit(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if top_only and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                found.update(f"{child.module}.{alias.name}" for alias in child.names)
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def own(names):
    """Return the parts of solarctl among imported names, as paths below it."""
    return {name.removeprefix("solarctl.") for name in names if name.startswith("solarctl.")}


def layer(name):
    first = name.split(".")[0]
    if first in WORDS:
        return "words"
    if first in BODIES:
        return "bodies"
    if first in ("control", "drivers", "virtualhome", "commands", "checks"):
        return first
    return {"cli": "commands", "__main__": "commands", "cli_options": "commands", "inspection": "commands"}.get(
        first, "run"
    )


ALLOWED = {
    "words": {"words"},
    "control": {"words", "control"},
    "drivers": {"words", "drivers"},
    "run": {"words", "run"},
    "virtualhome": {"words", "virtualhome"},
    "bodies": {"words", "run", "control", "drivers", "virtualhome", "bodies", "commands"},
    "checks": {"words", "run", "control", "checks", "bodies"},
    "commands": {"words", "run", "control", "drivers", "virtualhome", "bodies", "checks", "commands"},
}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_layers(path):
    """A file imports only from the layers that the design lets it."""
    mine = layer(name_of(path))
    for name in own(imports(path)):
        theirs = layer(name)
        if mine == "run" and name.startswith("drivers.catalogue"):
            continue
        if mine == "run" and name == "drivers.catalogue":
            continue
        assert theirs in ALLOWED[mine], f"{name_of(path)} ({mine}) imports {name} ({theirs})"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_top_level_imports_are_light(path):
    """No file loads a vendor's library or another heavy module just by being imported."""
    top = {name.split(".")[0] for name in imports(path, top_only=True)}
    heavy = top & HEAVY
    if layer(name_of(path)) == "virtualhome":
        heavy -= SERVERS | {"ssl", "asyncio"}
    heavy -= OPENED_LATE.get(name_of(path), set())
    assert not heavy, f"{name_of(path)} imports {heavy} at its top"


@pytest.mark.parametrize("path", [p for p in modules() if layer(name_of(p)) in ("words", "control")], ids=name_of)
def test_rules_are_pure(path):
    """Words and rules know no clock, no logger, no files, no network."""
    names = {name.split(".")[0] for name in imports(path)}
    assert not names & {"time", "logging", "socket", "subprocess", "os", "requests", "random", "threading"}, names
    assert not CLOCK.search(path.read_text(encoding="utf-8")), f"{name_of(path)} asks the clock itself"


@pytest.mark.parametrize(
    "path",
    [p for p in modules() if layer(name_of(p)) in ("drivers", "run", "commands") and p.name not in ("clock.py",)],
    ids=name_of,
)
def test_the_clock_is_injected(path):
    """Drivers and the run never ask the machine for the time or wait by it."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if CLOCK.search(line)]
    if name_of(path) == "cli":
        lines = []  # a usage error has no run and so no clock
    assert not lines, f"{name_of(path)}: {lines}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_files_can_be_held_in_mind(path):
    """No file has grown beyond what one can hold in mind."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_no_circles():
    """No two modules import each other at their tops."""
    graph = {name_of(path): own(imports(path, top_only=True)) for path in modules()}
    known = set(graph)
    edges = {
        name: {t if t in known else t.rpartition(".")[0] for t in targets} & known - {name}
        for name, targets in graph.items()
    }
    done, path = set(), []

    def walk(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        path.append(name)
        for target in sorted(edges[name]):
            walk(target)
        path.pop()
        done.add(name)

    for name in sorted(edges):
        walk(name)


def loaded_by(code):
    """Return the modules that a fresh interpreter has loaded after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_imports_no_library_it_does_not_use(command):
    """Importing a command's file loads no vendor library and nothing else that is heavy."""
    module = COMMANDS[command][0].partition(":")[0]
    assert not loaded_by(f"import solarctl.cli, solarctl.commands.{module}") & HEAVY


def test_help_and_version_import_nothing_heavy():
    """`--help` and `--version` come from the table alone."""
    code = "import sys; from solarctl.cli import execute; import io, contextlib\n"
    code += "with contextlib.redirect_stdout(io.StringIO()): execute(['--help']); execute(['--version'])"
    loaded = loaded_by(code)
    assert not loaded & HEAVY
    assert not {"tomllib", "zoneinfo"} & loaded


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_helps(command):
    """Each row of the table points at a command whose help can be shown and says what the table says."""
    import io
    from contextlib import redirect_stdout

    from solarctl.cli import execute

    out = io.StringIO()
    with redirect_stdout(out):
        assert execute([command, "--help"]) == 0
    assert "Usage: solarctl" in out.getvalue()
    first = COMMANDS[command][1].split(".")[0].split()[:3]
    assert " ".join(first).lower() in " ".join(out.getvalue().split()).lower()
