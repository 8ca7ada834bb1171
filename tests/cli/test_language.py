"""The language in which commands speak to people."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.language.catalogue import read
from bert_mrc_theseus.language.choice import language_of, use
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.package_data import bundled_model
from tests.helpers.messages import FROM_ELSEWHERE, messages, sections, strings


@pytest.fixture
def chinese():
    use("zh")
    yield
    use("en")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "ja_JP.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "en_GB", "LC_ALL": "zh_CN.GB18030"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_environment_says_the_language(environment, language):
    assert language_of(environment) == language


def test_every_message_is_there_in_chinese():
    missing = {text: place for text, place in messages().items() if text not in read("messages")}
    assert missing == {}, "give these a Chinese text in bert_mrc_theseus/language/zh_messages.json"


def test_no_message_in_chinese_is_stale():
    code = "\0".join(strings())
    stale = [
        text
        for section, texts in sections().items()
        if section not in FROM_ELSEWHERE
        for text in texts
        if not all(part in code for part in text.split("{}"))
    ]
    assert stale == []


@pytest.mark.parametrize("name", ["help", "messages"])
def test_a_translation_is_filled_with_what_the_message_is(name):
    for english, chinese_text in read(name).items():
        holes = [field for _, field, _, _ in string.Formatter().parse(chinese_text) if field is not None]
        filled = holes == [""] * english.count("{}") or sorted(holes) == [str(i) for i in range(english.count("{}"))]
        assert filled, english


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("no documents", "没有文本"),
        (str(DataError("no documents", "a.jsonl")), "a.jsonl: 没有文本"),
        (
            str(DataError("not JSON: Expecting value at column 3", "a.jsonl", 7, "cut it into files")),
            "a.jsonl:7: 不是 JSON：第 3 列：这里应有一个值（请切成几个文件）",
        ),
        ("skipped: b.txt:2: a line of more than 9 bytes (cut it into several lines)",
         "略过：b.txt:2: 一行超过 9 字节（请切成几行）"),
        ("no/such is not a complete model folder: config.json, vocab.txt missing (there is no such folder)",
         "no/such 不是完整的模型目录：缺少 config.json, vocab.txt（没有这个目录）"),
        ("5 of 9 parts were not done; the same command tries them again", "9 份中有 5 份未完成；同一条命令会再试"),
        ("Invalid value for '--threads': Input should be greater than or equal to 1 (see bert-mrc-theseus predict --help)",
         "'--threads' 的值不对：应不小于 1（用法见 bert-mrc-theseus predict --help）"),
        # Names stay as they are, also where they are messages elsewhere.
        ("names has no columns.jsonl; its splits are documents, model", "names 里没有 columns.jsonl；它的划分有 documents, model"),
        ("nobody has said this before: 3", "nobody has said this before: 3"),
    ],
)  # fmt: skip
def test_messages_in_chinese(chinese, english, expected):
    assert translated(english) == expected


def test_english_is_as_it_is():
    assert translated("no documents") == "no documents"


@given(
    st.sampled_from(sorted(read("messages"))),
    st.lists(st.text("甲乙丙07_./", min_size=1, max_size=6), min_size=9, max_size=9),
)
def test_names_are_in_the_translation(english, names):
    use("zh")
    try:
        found = translated(english.replace("{", "{{").replace("}", "}}").replace("{{}}", "{}").format(*names))
    finally:
        use("en")
    assert all(name in found for name in names[: english.count("{}")])


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [
        (["predict"], "错误：请给出输入文件，或用 --text 给出文本\n", 2),
        (["predict", "nothing.txt"], "错误：nothing.txt：没有这个文件或目录", 2),
        (["predict", "--text", "a", "-m", "nowhere"], "'nowhere' 不存在（用法见 ", 2),
        (["train", "nowhere"], "错误：", 2),
        (["preprocess", "nothing", "--out", "x"], "错误：没有语料 'nothing'（可以是 sample", 2),
        (["export", str(bundled_model()), "--to", "hf"], "错误：--to hf 要写到目录里：--out 目录\n", 2),
        (["serve", "--host", "0.0.0.0"], "错误：其他机器可以访问 0.0.0.0：请用 --token", 2),
        (["evaluate", str(bundled_model()), "empty.jsonl"], "错误：empty.jsonl: 没有文本\n", 1),
    ],
)
def test_errors_in_chinese(command, tmp_path, monkeypatch, arguments, message, status):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").touch()
    for language in ("--lang", "zh"), ():
        if not language:
            monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        done = command(*language, *arguments)
        assert done[0] == status and message in done[2] and done[2].count("\n") == 1


def test_an_unknown_language_is_an_error(command):
    assert command("--lang", "fr", "predict") == (2, "", "error: --lang takes en, zh. Received: 'fr'\n")


def test_results_are_the_same_in_both_languages(command, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "程晓光从广州飞往大连。"}\n{"text": 3}\n', encoding="utf-8")
    english = command("--lang", "en", "predict", tmp_path / "in.jsonl")
    chinese = command("--lang", "zh", "predict", tmp_path / "in.jsonl")
    assert english[:2] == chinese[:2] and english[0] == 3 and '"PER"' in english[1]
    assert "1 documents, 11 characters in " in english[2] and "skipped: " in english[2]
    assert "1 篇文本，11 个字，用时 " in chinese[2] and "；3 个实体：LOC 2, PER 1；略过 1 条记录\n" in chinese[2]
    assert f"略过：{tmp_path / 'in.jsonl'}:2: 记录要有文本：'text' 是 3，不是字符串\n" in chinese[2]


def test_tables_have_chinese_heads(command, tmp_path):
    out = command("--lang", "zh", "preprocess", "sample", "--out", tmp_path / "data")[1]
    assert "文本数" in out and "没有实体的" in out and "documents" not in out
    assert "已知语料" in command("--lang", "zh", "preprocess", "--list")[1]
