"""The sentences of the grammar that comes along."""

import json

import pytest
from bert_mrc_theseus.preprocess.generation.generate import generate_folder, generated, own_grammar
from bert_mrc_theseus.preprocess.generation.grammar import Grammar, read_grammar
from bert_mrc_theseus.preprocess.generation.phrases import parse_phrase
from bert_mrc_theseus.preprocess.generation.variety import NEAR, likeness, ngrams, variety

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.package_data import data_folder
from bert_mrc_theseus.text.interchange import read_documents
from bert_mrc_theseus.text.schema import read_queries

GRAMMAR = read_grammar(own_grammar())


@pytest.fixture(scope="module")
def documents():
    return list(generated(GRAMMAR, 4000, 10, 42))


def test_many_sentences_that_differ(documents):
    made = variety(documents)
    assert made.sentences >= 3000 and made.frames >= 500 and made.most_of_a_frame <= 10
    assert made.near_duplicates < 0.01 and made.nearest < 0.3 and made.distinct_4grams > 0.6
    assert min(made.mentions.values()) > 0.2 * sum(made.mentions.values())
    assert 0.1 < made.without_entities / made.sentences < 0.25
    assert all(count > 1000 for count in made.names.values()) and made.names_once > 0.7
    assert set(made.mentions) == {"PER", "LOC", "ORG"}


def test_the_readme_tells_the_figures_of_seed_42(documents):
    made = variety(documents)
    readme = (own_grammar() / "README.md").read_text(encoding="utf-8")
    seeds = sum(frame.genre == "seeds" for frame in GRAMMAR.frames)
    assert f"{len(GRAMMAR.frames) - seeds} sentence frames" in readme and f"{seeds} sentences" in readme
    for row in (
        f"| sentences, of frames | {made.sentences:,}, {made.frames} |",
        f"| of one frame at most | {made.most_of_a_frame} |",
        f"| distinct 4-grams of all | {f'{made.distinct_4grams:.3f}'[1:]} |",
        f"| mean likeness to the nearest other | {f'{made.nearest:.3f}'[1:]} |",
        f"| sentences without entities | {made.without_entities:,} |",
        f"| PER: mentions, names | {made.mentions['PER']:,}, {made.names['PER']:,} |",
        *(f"| {kind} | {made.mentions[kind]:,}, {made.names[kind]:,} |" for kind in ("LOC", "ORG")),
    ):
        assert row in readme


def test_entities_are_flat_and_have_no_blanks_at_their_ends(documents):
    for document in documents:
        assert document.text == document.text.strip() != ""
        ends = [0, *(entity.end for entity in document.entities)]
        assert all(end <= entity.start for end, entity in zip(ends, document.entities, strict=False))
        for entity in document.entities:
            assert (text := document.text_of(entity)) == text.strip() != ""


def test_none_occurs_twice_and_no_sentence_of_the_dev_set_is_made(documents):
    assert (
        len({document.id for document in documents}) == len({document.text for document in documents}) == len(documents)
    )
    today = {document.text for document in read_documents(data_folder() / "today" / "dev.jsonl")}
    assert not today & {document.text for document in documents}


def test_a_frames_sentences_do_not_depend_on_the_other_frames(documents):
    few = Grammar(GRAMMAR.symbols, GRAMMAR.frames[100:110])
    mine = {document.id: document for document in generated(few, 1000, 3, 42)}
    assert len(mine) > 20
    assert mine.items() <= {document.id: document for document in documents}.items()
    assert [d.text for d in generated(few, 10, 1, 42)] != [d.text for d in generated(few, 10, 1, 43)]


def test_sentences_of_a_frame_are_not_alike():
    (frame,) = GRAMMAR.frames[:1]
    for source in ("{一|二}个完全一样的长句子没有什么新的可说", "{春|夏}{天|日}{来|去}了"):
        own = type(frame)("own-1", "own", source, parse_phrase(source, "own.txt", 1))
        grams = [ngrams(document.text) for document in generated(Grammar({}, (own,)), 100, 100, 42)]
        assert 1 <= len(grams) <= 8
        assert all(likeness(a, b) < NEAR for place, a in enumerate(grams) for b in grams[:place])


def test_the_data_folder(tmp_path):
    made = generate_folder(tmp_path / "own", 50, 1, 7)
    documents = list(read_documents(tmp_path / "own" / "train.jsonl"))
    record = json.loads((tmp_path / "own" / "generate.json").read_text(encoding="utf-8"))
    assert len(documents) == made.sentences == record["sentences"] == 50 and record["lexicons"] is None
    assert set(read_queries(tmp_path / "own" / "queries.toml").names) == {"PER", "LOC", "ORG"}
    with pytest.raises(UserError, match="exists already"):
        generate_folder(tmp_path / "own", 50, 1, 7)
