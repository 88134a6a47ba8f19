"""A marked block in the user's crontab. Every byte outside it stays as it was; doing it twice changes nothing.

# >>> solarctl >>> (written by `solarctl crontab install`; it is replaced as a whole)
…
# <<< solarctl <<<
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from solarctl.errors import StateError
from solarctl.value import value

BEGIN = b"# >>> solarctl >>>"
END = b"# <<< solarctl <<<"
REMARK = b" (written by `solarctl crontab install`; it is replaced as a whole)"
ELSEWHERE = "SOLARCTL_CRONTAB"  # a crontab kept in a file (busybox, containers)
PATIENCE_S = 10


@value
class Parts:
    """A crontab around our block; `block` is None where there is none."""

    before: bytes
    block: bytes | None
    after: bytes


def read() -> bytes:
    """Return the user's crontab as it is; empty when there is none.

    `StateError` for any other answer: a crontab that cannot be read must not be written.
    """
    if elsewhere := os.environ.get(ELSEWHERE):
        try:
            return Path(elsewhere).read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise StateError(f"{elsewhere} cannot be read: {error.strerror}") from error
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout
    said = (done.stderr or done.stdout).decode(errors="replace").strip()
    if "no crontab" in said.lower() or "no such file" in said.lower():
        return b""
    raise StateError(f"crontab -l did not work: {said or f'exit {done.returncode}'}", hint="Try it by hand.")


def write(content: bytes) -> None:
    """Make `content` the user's crontab, and see that cron has taken it."""
    if elsewhere := os.environ.get(ELSEWHERE):
        from solarctl.disk import replace_files

        try:
            replace_files({Path(elsewhere): content})
        except OSError as error:
            raise StateError(f"{elsewhere} cannot be written: {error.strerror}") from error
        return
    done = _crontab("-", content=content)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise StateError(f"cron did not take the crontab: {said or f'exit {done.returncode}'}", hint="It is as before.")
    if read() != content:
        raise StateError("cron does not show what was installed", hint="Look at: crontab -l")


def split(content: bytes) -> Parts:
    """Return the crontab around our block; `StateError` when its marks do not pair up."""
    rows = content.splitlines(keepends=True)
    begins = [index for index, row in enumerate(rows) if row.startswith(BEGIN)]
    ends = [index for index, row in enumerate(rows) if row.startswith(END)]
    if not begins and not ends:
        return Parts(content, None, b"")
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise StateError(
            "the marks of solarctl's block in the crontab do not pair up",
            hint=f"Mend it with crontab -e: one line {BEGIN.decode()!r}, and one {END.decode()!r} after it.",
        )
    first, last = begins[0], ends[0] + 1
    return Parts(b"".join(rows[:first]), b"".join(rows[first:last]), b"".join(rows[last:]))


def with_block(content: bytes, lines: str, *, zone: str) -> bytes:
    """Return the crontab with our block holding `lines`: where it was, else at the end.

    A CRON_TZ in it would hold for what follows; then the block's last line sets it back to what it was (`zone`:
    the machine's, where nothing was set).
    """
    parts = split(content)
    if b"\nCRON_TZ=" in b"\n" + lines.encode():
        lines += f"CRON_TZ={_zone_before(parts.before) or zone}\n"
    block = BEGIN + REMARK + b"\n" + lines.encode() + END + b"\n"
    before = parts.before
    if parts.block is None and before and not before.endswith(b"\n"):
        before += b"\n"  # cron wants one
    return before + block + parts.after


def without_block(content: bytes) -> bytes:
    """Return the crontab without our block."""
    parts = split(content)
    return parts.before + parts.after


def _zone_before(before: bytes) -> str:
    from solarctl.schedule.crontab import variables

    return variables(before.decode(errors="replace")).get("CRON_TZ", "")


def _crontab(*words: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["crontab", *words], capture_output=True, timeout=PATIENCE_S, input=content)
    except FileNotFoundError as error:
        raise StateError(
            "there is no crontab program on this computer",
            hint="Install cron, or use timers: solarctl crontab print --systemd",
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StateError(f"the crontab program did not work: {error}") from error
