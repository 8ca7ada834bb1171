"""`predict --workers`, with workers and commands that are killed."""

import os
import signal
import subprocess
import sys

import pytest

from tests.helpers.processes import children, eventually, session_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux shows the processes")

COMMAND = """
import sys
import bert_mrc_theseus.cli.app as app
import bert_mrc_theseus.output.journal as journal
import bert_mrc_theseus.prediction.pieces as pieces
if __name__ == "__main__":
    journal.SECONDS = 0
    pieces.GROUP_CHARACTERS = 60
    sys.argv = ["bert-mrc-theseus", "predict", *sys.argv[1:]]
    app.main()
"""


def worker_is_killed(process):
    os.kill(children(process.pid)[0], signal.SIGKILL)


def ctrl_c(process):
    """A terminal sends it to all processes of the command."""
    os.killpg(process.pid, signal.SIGINT)


ENDS = {
    "a worker": (worker_is_killed, 1),
    "Ctrl-C": (ctrl_c, 130),
    "SIGTERM": (lambda process: process.terminate(), 128 + signal.SIGTERM),
    "SIGKILL": (lambda process: process.kill(), -signal.SIGKILL),
}
"""How a command ends, and its status."""


def test_killed_again_and_again_it_ends_at_the_same_bytes_and_leaves_no_process(tmp_path, command, monkeypatch):
    lines = [f"第{n}天程晓光从广州飞往大连，" + "去了云南。" * (n % 7) for n in range(150)]
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "command.py").write_text(COMMAND)
    journal = tmp_path / "out.journal"

    def start(*options):
        return subprocess.Popen(
            [sys.executable, "command.py", "in.txt", "-o", "out", "--resume", *options],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    for number, (name, (end, status)) in enumerate(ENDS.items()):
        finished = journal.read_text().count("\n") if journal.exists() else 0
        with start("--workers", "1" if number else "2") as process:
            assert eventually(
                lambda finished=finished: journal.exists() and journal.read_text().count("\n") > finished + 2
            )
            end(process)
            # What standard error says ends when the last process that could write to it has ended.
            error = process.stderr.read()
        assert process.returncode == status and "Traceback" not in error, (name, error)
        assert eventually(lambda leader=process.pid: not session_of(leader)), name
        if name == "a worker":
            assert "was killed by signal 9" in error and "It was at document" in error and "in.txt:" in error
    with start("--workers", "2", "--threads", "2") as process:
        assert process.wait() == 0 and "going on behind" in process.stderr.read()
    monkeypatch.chdir(tmp_path)
    assert command("predict", "in.txt", "-o", "whole")[0] == 0
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["command.py", "in.txt", "out", "whole"]
