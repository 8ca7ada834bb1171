"""The language in which commands speak to people."""

import pytest

from bert_mrc_theseus.package_data import bundled_model


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
        (["bench", "peers", "--data", "empty.jsonl", "--threads", "99999"], "错误：--threads 至多是 ", 2),
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
    known = command("--lang", "zh", "preprocess", "--list")[1]
    assert "已知语料" in known and "未说明：研究用途" in known and "…" not in known
