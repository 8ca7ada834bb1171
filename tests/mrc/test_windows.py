"""Windows of a long text."""

import marshal
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.windows import clipped, cut_windows, joined_runs
from bert_mrc_theseus.mrc.word_borders import jieba_borders

TEXT = st.text(st.sampled_from("天地人。，！”a \n"), max_size=200)
SIZES = st.integers(4, 40)


def borders(text: str) -> list[int]:
    return list(range(0, len(text), 3))


@given(TEXT, SIZES, st.data())
def test_kept_parts_tile_the_text(text, size, data):
    overlap = data.draw(st.integers(0, (size - 1) // 2))
    windows = cut_windows(text, size, overlap, borders)
    position = 0
    for window in windows:
        assert window.start <= window.keep_start < window.keep_end <= window.end <= len(text)
        assert window.end - window.start <= size
        assert window.keep_start == position
        position = window.keep_end
    assert position == len(text)


@given(TEXT, SIZES)
def test_a_window_that_is_not_joined_starts_at_a_sentence_end(text, size):
    for before, after in zip(
        cut_windows(text, size, 1, borders), cut_windows(text, size, 1, borders)[1:], strict=False
    ):
        if not after.joined:
            assert after.start == before.end
            assert text[: after.start].rstrip("”")[-1] in "。！\n"
        else:
            assert before.end - after.start == 1


def test_a_short_text_is_one_window():
    (window,) = cut_windows("今天天气很好。我们出去吧。", 50, 10)
    assert (window.start, window.end, window.joined) == (0, 13, False)


def test_cuts_at_the_last_sentence_end_with_its_closing_quote():
    text = "他说：“今天下雨。”我们就不去了吧"
    first, second = cut_windows(text, 12, 2)
    assert text[first.start : first.end] == "他说：“今天下雨。”"
    assert second.start == first.end and not second.joined


def test_a_clause_border_comes_before_a_word_border():
    text = "天气好得很，我们大家一起去公园里玩耍"
    first, second, *_ = cut_windows(text, 9, 2)
    assert text[first.start : first.end] == "天气好得很，" and second.joined
    assert second.start == first.end - 2


def test_a_word_at_the_limit_is_not_cut():
    text = "昨天下午小明同学一个人去北京天安门广场参观游览"
    first = cut_windows(text, 13, 4)[0]
    assert first.end in jieba_borders(text)


@given(TEXT, SIZES, st.data())
def test_an_entity_no_longer_than_the_overlap_is_never_clipped(text, size, data):
    overlap = (size - 1) // 2
    windows = cut_windows(text, size, overlap, borders)
    spans = []
    for _ in range(5):
        if text:
            start = data.draw(st.integers(0, len(text) - 1))
            spans.append((start, min(len(text), start + max(1, overlap))))
    held = [s for s in spans if any(w.start <= s[0] and s[1] <= w.end for w in windows)]
    assert sorted(set(spans) - set(held)) == sorted(set(clipped(windows, spans)))
    crossing_sentence_end = [s for s in set(clipped(windows, spans)) if not _crosses_clean_cut(windows, s)]
    assert not crossing_sentence_end


def _crosses_clean_cut(windows, span):
    return any(not w.joined and span[0] < w.start < span[1] for w in windows)


def test_runs_group_windows_cut_inside_a_sentence():
    windows = cut_windows("一" * 30 + "。" + "二" * 5, 12, 2, borders)
    groups = joined_runs(windows)
    assert [index for group in groups for index in group] == list(range(len(windows)))
    assert all(windows[i].joined == (i != group[0]) for group in groups for i in group)


@pytest.mark.parametrize("size, overlap", [(4, 2), (10, -1), (0, 0)])
def test_rejects_sizes_that_cannot_advance(size, overlap):
    with pytest.raises(ValueError, match="overlap"):
        cut_windows("天", size, overlap)


BORDERS = "from bert_mrc_theseus.mrc.word_borders import jieba_borders; print(jieba_borders('北京大学生物系'))"


def jieba_in_a_process(**environment):
    return subprocess.run(
        [sys.executable, "-c", BORDERS], capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_what_jieba_keeps_lies_with_the_user_and_nothing_else_is_believed(tmp_path):
    cache, shared, expected = tmp_path / "cache", tmp_path / "shared", str(jieba_borders("北京大学生物系")) + "\n"
    shared.mkdir()
    # What another user could put where all may write.
    (shared / "jieba.cache").write_bytes(marshal.dumps(({"北": 1.5, "x": "y"}, "total")))
    done = jieba_in_a_process(BMT_CACHE=str(cache), TMPDIR=str(shared))
    assert (done.stdout, done.stderr) == (expected, "")
    (kept,) = cache.iterdir()
    assert kept.name.startswith("jieba-") and [path.name for path in shared.iterdir()] == ["jieba.cache"]
    cache.chmod(0o777)
    kept.write_bytes(marshal.dumps(({"北": 1.5, "x": "y"}, "total")))
    done = jieba_in_a_process(BMT_CACHE=str(cache), TMPDIR=str(shared))
    assert (done.stdout, done.stderr) == (expected, "")


def test_a_cache_that_cannot_be_written_is_silent_and_harmless(tmp_path):
    (tmp_path / "file").touch()
    done = jieba_in_a_process(BMT_CACHE=str(tmp_path / "file"))
    assert (done.stdout, done.stderr) == (str(jieba_borders("北京大学生物系")) + "\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
