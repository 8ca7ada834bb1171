"""Messages in Chinese: which language, all of them, and none too many."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.evaluation.mistakes import KINDS
from bert_mrc_theseus.evaluation.run_summary import STAGE_TITLES
from bert_mrc_theseus.language.catalogue import read
from bert_mrc_theseus.language.choice import language_of, use
from bert_mrc_theseus.language.translation import translated
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
        ("stage 1: step 4/9  dev precision 0.1  recall 0.2  strict F1 0.3",
         "阶段 1：第 4/9 步  开发集精确率 0.1  召回率 0.2  严格 F1 0.3"),
        ("stage 0 is done: run/stage0/best", "阶段 0 已完成：run/stage0/best"),
        ("the graphs in my model on disk cannot be run: no", "my model on disk 里的图无法运行：no"),
        ("--rows is one of texts, entities. Received: 'a is missing'",
         "--rows 可以是 texts, entities。收到的是：'a is missing'"),
        ("--patience is read by stage 1 and 2, not by stage 0: leave it out",
         "--patience 用于阶段 1 和 2，不用于阶段 0：请去掉它"),
        ("a.txt:2: not UTF-8: byte 0xff at byte 0 of the line", "a.txt:2: 不是 UTF-8：这一行偏移 0 处的字节是 0xff"),
        ("a.txt:2: not GBK: byte 0xff at byte 3 of the line", "a.txt:2: 不是 GBK：这一行偏移 3 处的字节是 0xff"),
        ("m has no onnx: bert-mrc-theseus export m --to onnx --int8",
         "m 里没有 onnx：bert-mrc-theseus export m --to onnx --int8"),
        ("7 wrong boundary and type", "边界和类型都错 7"),
        # Names stay as they are, also where they are messages elsewhere.
        ("names has no columns.jsonl; its splits are documents, model",
         "names 里没有 columns.jsonl；它的划分有 documents, model"),
        ("nobody has said this before: 3", "nobody has said this before: 3"),
    ],
)  # fmt: skip
def test_messages_in_chinese(chinese, english, expected):
    assert translated(english) == expected


def test_words_of_tables_are_there_in_chinese(chinese):
    words = [*STAGE_TITLES, *(f"2 {kind}" for kind in KINDS)]
    assert [word for word in words if translated(word) == word] == []


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
