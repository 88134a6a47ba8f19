"""Where secrets come from: text in config.toml, a variable, a file, a systemd credential, a program."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.decode import Mistake, home_path
from solarctl.errors import Problem
from solarctl.settings import Secret

KINDS = ("env", "file", "credential", "command")
COMMAND_LIMIT_S = 20.0
LONGEST = 65_536  # characters; keys and tokens have some thousand at most


def resolve(
    value: Any, folder: Path, environ: Mapping[str, str] = os.environ, *, limit_s: float = COMMAND_LIMIT_S
) -> Secret:
    """Return the secret that `value` (a string, or a table with one of KINDS) stands for; `Mistake` if it cannot.

    A program has `limit_s` to give it.
    """
    if isinstance(value, str):
        return _text(value, "the text")
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in KINDS:
        raise Mistake(
            "must be text, or one of { env = … }, { file = … }, { credential = … }, { command = […] }",
        )
    kind, source = next(iter(value.items()))
    if kind == "command":
        return _from_command(source, limit_s)
    if not isinstance(source, str) or "\0" in source:
        raise Mistake(f"{kind} must be text in quotes")
    if kind == "env":
        if source not in environ:
            raise Mistake(f"the environment variable {source} is not set", "Cron hands on few variables; use a file.")
        return _text(environ[source], f"the variable {source}")
    if kind == "credential":
        credentials = environ.get("CREDENTIALS_DIRECTORY")
        if not credentials:
            raise Mistake("systemd credentials exist only under a unit with LoadCredential=")
        return _text(_read(Path(credentials) / source), f"the credential {source}")
    path = folder / home_path(source)
    for problem in permission_problems(path):
        if problem.severity == "error":
            raise Mistake(problem.message, problem.hint)
    return _text(_read(path), str(path))


def permission_problems(path: Path) -> list[Problem]:
    """Return what is wrong with the owner and mode of a file that holds secrets.

    Readable by others, or owned by neither root nor me: an error. Readable by a group: a warning.
    """
    try:
        found = path.stat()
    except OSError:
        return []  # reading it will say so, in the right words
    mode = stat.S_IMODE(found.st_mode)
    problems = []
    if found.st_uid not in (0, os.geteuid()):
        problems.append(
            Problem(str(path), f"{path} belongs to somebody else", f"Type: chown {os.geteuid()} {path}", None)
        )
    if mode & stat.S_IRWXO:
        problems.append(Problem(str(path), f"others can read {path} (mode {mode:03o})", f"Type: chmod 600 {path}"))
    elif mode & stat.S_IRWXG:
        problems.append(
            Problem(
                str(path), f"a group can read {path} (mode {mode:03o})", f"Type: chmod 600 {path}", severity="warning"
            )
        )
    return problems


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST)
    except FileNotFoundError:
        raise Mistake(f"the file {path} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(f"the file {path} cannot be read ({error})") from None


def _from_command(source: Any, limit_s: float) -> Secret:
    import subprocess

    if not (isinstance(source, list) and source and all(isinstance(part, str) for part in source)):
        raise Mistake('command must be a list of texts, such as ["pass", "show", "tesla"]')
    try:
        done = subprocess.run(source, capture_output=True, encoding="utf-8", timeout=limit_s, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Mistake(f"the program {source[0]} did not give the secret within {round(limit_s, 1):g} s") from None
    except (OSError, ValueError) as error:
        raise Mistake(f"the program {source[0]} did not give the secret ({type(error).__name__})") from None
    if done.returncode != 0:
        raise Mistake(f"the program {source[0]} ended with {done.returncode} instead of giving the secret")
    return _text(done.stdout, f"what {source[0]} printed")


def _text(text: str, where: str) -> Secret:
    if not text.strip():
        raise Mistake(f"{where} is empty")
    if "\n" in text.strip():
        raise Mistake(f"{where} has several lines; a secret is one")
    return Secret(text.strip())
