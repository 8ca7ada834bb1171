import pytest
from pydantic import ValidationError

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.service.bodies import DictionaryIn, DocumentIn, EntitiesRequest, SettingsIn


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        (None, Thresholds(0.3, 0.4, 0.6)),
        (0.9, Thresholds(0.9, 0.9, 0.6)),
        (1, Thresholds(1, 1, 0.6)),
        ({"match": 0.1}, Thresholds(0.3, 0.4, 0.1)),
        ({"start": 0, "end": None}, Thresholds(0, 0.4, 0.6)),
    ],
)
def test_thresholds_that_are_left_out_are_the_models(given, counts):
    assert SettingsIn(thresholds=given).thresholds_over(Thresholds(0.3, 0.4, 0.6)) == counts


@pytest.mark.parametrize(
    "body",
    [
        '{"texts": [], "documents": []}',
        "{}",
        '{"texts": null}',
        '{"texts": ["a"], "typs": ["PER"]}',
        '{"texts": ["\\ud800"]}',
        '{"texts": ["a"], "types": []}',
        '{"texts": ["a"], "thresholds": NaN}',
        '{"texts": ["a"], "thresholds": true}',
        '{"texts": ["a"], "queries": {"x": " "}}',
        '{"documents": [{"text": "a", "id": true}]}',
        '{"documents": [{"text": "a", "x": [NaN]}]}',
    ],
)
def test_what_cannot_be_meant_is_refused(body):
    with pytest.raises(ValidationError):
        EntitiesRequest.model_validate_json(body)


@pytest.mark.parametrize("name", ["model", "types", "queries", "thresholds", "dictionary", "texts"])
def test_null_is_as_if_it_was_left_out(name):
    asked = EntitiesRequest.model_validate_json('{"documents": [{"text": "a"}], "' + name + '": null}')
    assert asked == EntitiesRequest.model_validate_json('{"documents": [{"text": "a"}]}')


def test_a_document_keeps_what_else_it_has():
    body = '{"id": 7, "text": "a", "url": {"x": 1}, "entities": [{"start": 0, "end": 1, "type": "X"}]}'
    document = DocumentIn.model_validate_json(body).document(3)
    assert (document.id, document.rest, document.entities) == (7, {"url": {"x": 1}}, ())
    assert DocumentIn(text="a").document(3).id == 3


@pytest.mark.parametrize("vetoed", [{"a": ["ORG"]}, {"a": ["*"]}])
def test_a_term_is_not_added_and_vetoed(vetoed):
    with pytest.raises(ValidationError, match="both added and vetoed"):
        DictionaryIn(added={"a": "ORG"}, vetoed=vetoed)
    assert DictionaryIn(added={"a": "ORG"}, vetoed={"a": ["PER"]}).dictionary().added == {"a": "ORG"}
