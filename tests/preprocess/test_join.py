"""Sentences joined to runs, so that there is context."""

import json

from bert_mrc_theseus.preprocess.convert import convert, read_files
from bert_mrc_theseus.preprocess.join import ENDS, joined
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.mrc.windows import WindowSize
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import read_documents
from tests.helpers.documents import columns
from tests.helpers.strategies import documents


def mentions(found):
    return [(document.text_of(entity), entity.type) for document in found for entity in document.entities]


@given(st.lists(documents(annotation=True), max_size=8), st.integers(1, 90))
def test_nothing_is_lost_and_no_run_is_too_long(found, characters):
    made = list(joined(found, characters))
    assert mentions(made) == mentions(found)
    position = iter(found)
    for run in made:
        parts = [next(position)]
        text = parts[0].text
        while text != run.text:
            parts.append(next(position))
            text += ("" if text[-1] in ENDS else "\n") + parts[-1].text
        assert run.id == parts[0].id
        assert len(run.text) <= characters or len(parts) == 1
        assert all((part.silver, part.annotated) == (run.silver, run.annotated) for part in parts)
    assert next(position, None) is None


@given(st.lists(documents(), max_size=8), st.integers(1, 90))
def test_what_fits_is_joined(found, characters):
    made = list(joined(found, characters))
    assert list(joined(made, characters)) == made
    if sum(len(document.text) + 1 for document in found) <= characters:
        assert len(made) <= 1


def test_a_heading_is_kept_apart_from_what_follows():
    found = [
        Document("1", "上海新闻", (Entity(0, 2, "LOC"),)),
        Document("2", "李明来了。", (Entity(0, 2, "PER"),)),
        Document("3", "他走了。"),
    ]
    (run,) = joined(found, 20)
    assert run == Document("1", "上海新闻\n李明来了。他走了。", (Entity(0, 2, "LOC"), Entity(5, 7, "PER")))


def test_a_backward_split_is_turned_round(tmp_path):
    files = {
        "train": columns(tmp_path / "a", "他走了。", "<李明>来了。", "新闻"),
        "dev": columns(tmp_path / "b", "<王云>来了。", "她走了。"),
    }
    source = read_files(files, "columns", False)
    convert(source, tmp_path / "out", None, WindowSize(8, 2), join=20, backwards=("train",))
    texts = {split: [d.text for d in read_documents(tmp_path / "out" / f"{split}.jsonl")] for split in files}
    assert texts == {"train": ["新闻\n李明来了。他走了。"], "dev": ["王云来了。她走了。"]}
    assert json.loads((tmp_path / "out" / "corpus.json").read_text(encoding="utf-8"))["join"] == 20


def test_held_out_are_whole_runs_and_leaks_are_looked_for_before_and_after(tmp_path):
    train = [
        "<李明>来了。",
        "他走了。",
        "<王云>来了。",
        "她走了。",
        "<赵钱>来了。",
        "它走了。",
        "<李明>来了。",
        "他走了。",
    ]
    files = {"train": columns(tmp_path / "a", *train, "在测试中。"), "test": columns(tmp_path / "b", "在测试中。")}
    source = read_files(files, "columns", False)
    out = tmp_path / "out"
    done = convert(source, out, None, WindowSize(8, 2), dev_fraction=0.25, seed=1, drop_leaks=True, join=9)
    dev = {document.text for document in read_documents(out / "dev.jsonl")}
    kept = [document.text for document in read_documents(out / "train.jsonl")]
    assert len(dev) == 1 and not dev & set(kept)
    assert all(len(text) == 9 for text in [*dev, *kept])
    assert done.dropped_leaks == (2 if dev == {"李明来了。他走了。"} else 1)
