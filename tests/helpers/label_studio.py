"""A real Label Studio, if one is installed somewhere: `BMT_LABEL_STUDIO` names its program."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = "BMT_LABEL_STUDIO"
"""Variable that names the program `label-studio`; it takes minutes to start, and has hundreds of dependencies of its own."""

USER, PASSWORD, TOKEN = "annotator@example.org", "correct-horse-1", "0123456789abcdef0123456789abcdef01234567"
START_SECONDS = 400


class LabelStudio:
    """Its API.

    Args:
        url: where it listens.
    """

    def __init__(self, url: str):
        self.url = url

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers, from JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:2000]}") from error
        return json.loads(content) if content else None


@contextmanager
def label_studio(folder: Path) -> Iterator[LabelStudio]:
    """Label Studio on loopback, with its data in a folder; without one the test is skipped."""
    program = os.environ.get(PROGRAM)
    if program is None:
        pytest.skip(f"{PROGRAM} names no program label-studio (pip install label-studio, in an environment of its own)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        "HOME": str(folder),
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    arguments = ["start", "--no-browser", "--data-dir", str(folder / "data"), "--internal-host", "127.0.0.1"]
    arguments += ["--port", str(port), "--username", USER, "--password", PASSWORD, "--user-token", TOKEN]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments, "--enable-legacy-api-token"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/health", process)
            yield LabelStudio(url)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _wait_for(url: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "Label Studio ended: see the file log in its folder"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(1)
    raise AssertionError(f"Label Studio does not answer after {START_SECONDS} seconds")
