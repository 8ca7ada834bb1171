"""From an engine's answers to the entities of documents: windows joined, spans decoded, white space trimmed."""

from hypothesis import assume, given

from bert_mrc_theseus.decoding.entities import trim_white_space
from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.prediction.predict import predict_documents
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.oracles import GOLD, SCHEMA, build, nested_oracle, oracle
from tests.helpers.strategies import documents


def test_perfect_probabilities_give_the_gold_entities():
    examples = build(GOLD)
    found = predict_documents(oracle(examples), GOLD, examples, SCHEMA, Thresholds())
    assert found == GOLD and all(e.score == 1.0 for d in found for e in d.entities)


@given(documents(max_size=80, nested=True))
def test_spans_that_a_window_holds_whole_are_found_once(document):
    document = trim_white_space(document)
    # Two windows of equal tokens ([UNK] stands for all characters that the vocabulary lacks) would be one to the oracle.
    examples = build([document], 16, 6)
    assume(len({tuple(tokens.ids) for tokens in examples.contexts}) == len(examples.contexts))
    engine = nested_oracle(examples)
    (found,) = predict_documents(engine, [document], examples, SCHEMA, Thresholds(), Decoding.NESTED)
    windows = [window for _, window in examples.window_of]
    whole = [e for e in document.entities if any(w.start <= e.start and e.end <= w.end for w in windows)]
    assert list(found.entities) == whole
    assert len(document.entities) - len(whole) == examples.clipped


@given(documents())
def test_no_entity_begins_or_ends_with_white_space(document):
    found = trim_white_space(document)
    expected = {(document.text_of(e).strip(), e.type) for e in document.entities} - {
        ("", kind) for kind in SCHEMA.names
    }
    assert {(found.text_of(e), e.type) for e in found.entities} == expected
    assert len(set(found.entities)) == len(found.entities)


def test_of_spans_that_differ_in_white_space_the_likelier_stays():
    text = "Lucy　来了"
    found = trim_white_space(Document("1", text, (Entity(0, 4, "PER", 0.6), Entity(0, 5, "PER", 0.9))))
    assert [(found.text_of(e), e.score) for e in found.entities] == [("Lucy", 0.9)]
