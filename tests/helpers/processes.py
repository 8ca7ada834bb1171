"""Processes of a command, as Linux shows them."""

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 60.0
"""Seconds in which something must have happened, on a busy machine."""


def children(pid: int) -> list[int]:
    """Processes that a process has started, but for the one in which Python keeps count of shared memory."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:  # It has ended.
            continue
        if parent == pid and b"resource_tracker" not in command:
            found.append(int(status.parent.name))
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def session_of(leader: int) -> dict[int, str]:
    """The processes that live of those that were started with and by one that leads a session, with their command lines."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = status.read_text().rpartition(")")[2].split()[:4]
            command = (status.parent / "cmdline").read_bytes()
        except OSError:  # It has ended.
            continue
        if int(session) == leader and state != "Z":
            found[int(status.parent.name)] = command.decode(errors="replace").replace("\0", " ").strip()
    return found
