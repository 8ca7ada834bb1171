"""What `serve` refuses before it serves; how it serves is in tests/service."""

import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "give a --token (or the variable BMT_TOKEN), or say --no-token"),
        (["--host", "0.0.0.0", "--token", "x", "--no-token"], "exclude each other"),
        (["--token", "ü"], "printable ASCII"),
        (["none"], "there is no such model folder"),
        (["--engine", "x"], "the engine is one of"),
        (["--host", "a b"], "--host takes an address"),
        (["--allow-origin", "*"], "an origin is https://HOST"),
    ],
)
def test_serve_refuses_what_it_cannot_do(command, arguments, message):
    status, out, err = command("serve", *arguments)
    assert (status, out) == (2, "") and message in err


def test_serve_without_its_libraries_says_what_to_install(command, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("bert_mrc_theseus.service.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    status, _, err = command("serve")
    assert status == 2 and "pip install 'bert-mrc-theseus[serve]'" in err
