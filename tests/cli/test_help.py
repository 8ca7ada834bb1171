"""What `--help` says, in both languages, and what shells complete."""

import inspect
import os
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from bert_mrc_theseus.cli import app as cli
from bert_mrc_theseus.cli.examples import EXAMPLES
from bert_mrc_theseus.cli.help import translate_help
from bert_mrc_theseus.cli.help_layout import WORDS
from bert_mrc_theseus.cli.line_breaks import line_ends
from bert_mrc_theseus.language.catalogue import read
from bert_mrc_theseus.language.choice import use

MANY = 7
"""More options than these, --help among them, stand in groups."""


def commands():
    """(what is written to call it, command) of the program, its groups and commands."""
    group = typer.main.get_command(cli.app)
    found = {"": group}
    for name in cli.COMMANDS:
        found[name] = group.get_command(None, name)
        found |= {f"{name} {own}": command for own, command in getattr(found[name], "commands", {}).items()}
    return found


@pytest.fixture(scope="module")
def every():
    return commands()


@pytest.fixture
def chinese():
    use("zh")
    yield
    use("en")


def shown(command, name, language="en"):
    return command("--lang", language, *name.split(), "--help")[1]


def visible(command):
    return [item for item in command.params if not getattr(item, "hidden", False)]


def test_many_options_stand_in_named_groups(every):
    for name, command in every.items():
        options = [item for item in visible(command) if item.param_type_name == "option"]
        if len(options) >= MANY:
            assert len({item.rich_help_panel for item in options}) > 1, name
            assert None not in {item.rich_help_panel for item in options}, name


def test_commands_stand_in_groups_by_what_they_are_for(command):
    page = shown(command, "")
    words = [
        "Find entities",
        "predict ",
        "Prepare data",
        "preprocess ",
        "Train and compress",
        "train ",
        "Measure",
        "bench ",
    ]
    places = [page.index(word) for word in words]
    assert places == sorted(places)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name])
def test_help_ends_with_examples_as_they_are_typed(command, name):
    page = shown(command, name)
    for what, line in EXAMPLES[name]:
        assert f"   # {what}\n   {line}\n" in page


def test_every_command_has_examples(every):
    assert set(EXAMPLES) == {name for name, command in every.items() if not hasattr(command, "commands")} | {""}


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name, many in EXAMPLES.items() if name for _, line in many]
)
def test_examples_are_right(every, tmp_path, monkeypatch, name, line):
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(line)
    command = every[name]
    assert program == "bert-mrc-theseus" and words[: len(name.split())] == name.split()
    arguments = words[len(name.split()) :]
    given, _, _ = command.make_parser(typer.Context(command)).parse_args(args=list(arguments))
    kinds = {item.name: inspect.signature(command.callback).parameters.get(item.name) for item in command.params}
    for key, value in given.items():
        info = getattr(kinds.get(key) and kinds[key].annotation, "__metadata__", (None,))[0]
        if not value or not getattr(info, "exists", False):
            continue
        for path in map(Path, value if isinstance(value, (list, tuple)) else [value]):
            if path.suffix:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            else:
                path.mkdir(parents=True, exist_ok=True)
    with command.make_context(name, arguments) as context:
        assert context.args == []


def test_square_brackets_are_no_markup(command):
    page = " ".join(shown(command, "compare").replace("│", " ").split())
    assert "METHOD[-LAYERS][:SHARED][xTIMES]" in page
    assert "[<TAB>veto]" in shown(command, "predict")


def texts_of(command):
    paragraphs = [
        paragraph
        for text in (command.help, command.rich_help_panel)
        for paragraph in inspect.cleandoc(text or "").split("\n\n")
    ]
    for item in visible(command):
        paragraphs += [item.help or "", item.rich_help_panel or ""]
    return {" ".join(text.split()) for text in paragraphs} - {""}


def test_all_help_is_there_in_chinese_and_no_more(every, chinese):
    wanted = {text for command in every.values() for text in texts_of(command)}
    wanted |= {example.what for many in EXAMPLES.values() for example in many}
    wanted |= {*WORDS.values(), "Usage:", "Examples", "Show this message and exit."}
    wanted |= {"{} in stage 0, {} in stage 1, {} in stage 2"}
    known = set(read("help"))
    assert wanted - known == set()
    assert known - wanted == set()


def test_help_is_put_into_chinese(chinese):
    command = commands()["train"]
    translate_help(command)
    assert command.help.startswith("训练前任（阶段 0）")
    options = {item.name: item for item in command.params}
    assert options["loss"].help == "起点和终点的损失：focal、bce 或 dice。"
    assert options["loss"].rich_help_panel == "训练（各阶段）"
    assert options["epochs"].show_default == "阶段 0 为 3，阶段 1 为 2，阶段 2 为 2"


def test_chinese_help_loses_nothing_where_lines_end(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    page = shown(command, "predict", "zh")
    assert "…" not in page and "用法: " in page and "╭─ 找什么 ─" in page and "[默认：auto]" in page
    assert all(len(line) <= 80 for line in page.split("示例")[0].splitlines())
    joined = "".join(page.replace("│", "").split())
    assert "jsonl、conll、brat、html、text、doccano、label-studio、mrc、parquet、arrow、csv或tsv" in joined
    assert "# 一句话\n" in page
    # The next one is in English again.
    assert "Usage: " in command("predict", "--help")[1]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("a text of words", 8, ["a text", "of words"]),
        ("找出文本中的实体。", 8, ["找出文本", "中的实", "体。"]),
        ("见（例如）它", 5, ["见", "（例", "如）", "它"]),
        ("onnx：后端", 7, ["onnx：", "后端"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("ab cdefghij", 4, ["ab", "cdef", "ghij"]),
        ("", 4, [""]),
    ],
)
def test_lines_end_between_chinese_characters(text, width, lines):
    ends = [0, *line_ends(text, width), len(text)]
    assert [text[start:end].rstrip() for start, end in pairwise(ends)] == lines


def completed(words, tmp_path, last=""):
    """What a shell is offered behind some words."""
    line = shlex.join(["bert-mrc-theseus", *words]) + " " + last
    environment = {
        **os.environ,
        "_BERT_MRC_THESEUS_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) + 1),
    }
    code = "import sys; sys.argv = ['bert-mrc-theseus']; from bert_mrc_theseus.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "last", "offered"),
    [
        ([], "pre", ["predict", "predict-ray", "preprocess"]),
        (["predict", "--format"], "do", ["doccano"]),
        (["predict", "--types"], "PER,", ["PER,LOC", "PER,ORG"]),
    ],
)
def test_a_shell_completes(tmp_path, words, last, offered):
    assert completed(words, tmp_path, last) == offered


@pytest.mark.parametrize(
    ("option", "text", "some"),
    [
        ("predict --input-format", "", {"jsonl", "parquet", "text"}),
        ("predict --engine", "onnx", {"onnx", "onnx:cuda"}),
        ("predict --rows", "", {"texts", "entities"}),
        ("predict --encoding", "gb", {"gb18030"}),
        ("predict --style", "", {"short", "query", "name"}),
        ("preprocess corpus", "m", {"msra"}),
        ("preprocess --format", "b", {"brat"}),
        ("train --stage", "", {"0", "1", "2"}),
        ("train --loss", "", {"focal", "bce", "dice"}),
        ("train --encoder", "", {"e5-small-zh"}),
        ("compare --methods", "linear,fi", {"linear,first", "linear,first-distilled"}),
        ("compare --schedule", None, set()),
        ("evaluate --split", "", {"train", "dev", "test"}),
        ("export --to", "", {"onnx", "hf", "tf"}),
        ("report --format", "conl", set()),
        ("bench peers --contenders", "", {"LAC", "jiagu"}),
        ("--lang", "", {"zh", "en"}),
    ],
)
def test_values_are_offered(every, option, text, some):
    *name, option = option.split()
    command = every[" ".join(name)]
    parameter = next((item for item in command.params if option in (*item.opts, item.name)), None)
    if text is None:
        assert parameter is None
        return
    offered = {item.value for item in parameter.shell_complete(typer.Context(command), text)}
    assert some <= offered and all(value.startswith(text) for value in offered)


def test_completion_can_be_installed(command, monkeypatch):
    page = shown(command, "")
    assert "--install-completion" in page and "--show-completion" in page
    # Which shell runs the tests is not known.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    status, script, _ = command("--show-completion", "bash")
    assert status == 0 and "=complete_bash" in script
