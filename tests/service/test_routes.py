"""What the paths answer, beside what `Extractor` and `predict` say of the same texts."""

import pytest

from bert_mrc_theseus.output.formats import WRITERS, TableFormat
from bert_mrc_theseus.prediction.extractor import Extractor
from bert_mrc_theseus.service.routes import OutputFormat
from bert_mrc_theseus.text.interchange import document_to_dict, read_documents
from tests.helpers.documents import toy_documents

TEXT = "程晓光从广州飞往大连🌊北京。"


def texts_of_the_sample():
    from bert_mrc_theseus.package_data import data_folder

    return [document.text for document in read_documents(data_folder() / "sample" / "dev.jsonl")][:40]


def found(extractor, texts):
    """What the service should say, by text: (start, end, type, score)."""
    return [[(e.start, e.end, e.type, round(e.score, 4)) for e in entities] for entities in extractor.batch(texts)]


def answered(answer):
    return [[(e["start"], e["end"], e["type"], e["score"]) for e in d["entities"]] for d in answer.json()["documents"]]


def ask(client, **body):
    return client.post("/v1/entities", json=body)


def test_answers_are_the_extractors_together_and_one_by_one(client, extractor):
    texts = [*texts_of_the_sample(), "", " ", "。\n\n。", TEXT]
    expected = found(extractor, texts)
    assert sum(map(len, expected)) > 20
    assert answered(ask(client, texts=texts)) == expected
    assert [answered(ask(client, texts=[text]))[0] for text in texts] == expected


def test_a_long_text_has_the_entities_of_the_extractor(client, extractor):
    sentences = texts_of_the_sample()
    # With sentence ends, and without any.
    for text in ("。".join(sentences), "".join(sentences[:30]).replace("。", "")):
        assert answered(ask(client, texts=[text])) == found(extractor, [text])


def test_the_answer_says_by_what_and_how(client):
    answer = ask(client, texts=["李明", "x"], queries={"PER": "人名", "公司": "公司名"}, types=["公司"]).json()
    assert answer["model"] == "ner-zh-small" and len(answer["version"]) == 12
    assert (answer["unseen"], answer["offsets"]) == (["公司"], "code-points")
    assert [(d["id"], d["text"]) for d in answer["documents"]] == [(0, "李明"), (1, "x")]
    model = client.get("/v1/models").json()["models"][0]
    assert (model["name"], model["version"], model["default"]) == (answer["model"], answer["version"], True)
    assert [item["name"] for item in model["types"]] == ["PER", "LOC", "ORG"]


def test_one_text_is_a_list_of_it(client):
    one, several = (ask(client, texts=texts).json() for texts in (TEXT, [TEXT]))
    assert one == several and one["documents"][0]["entities"]


def test_documents_keep_their_ids_and_what_else_they_have(client):
    documents = [{"id": "a", "text": TEXT, "url": [1]}, {"text": "李明", "id": None}, {"text": "x", "id": 1.5}]
    answer = ask(client, documents=documents, types=["PER"]).json()["documents"]
    assert [d["id"] for d in answer] == ["a", 1, 1.5]
    assert answer[0]["url"] == [1] and [e["text"] for e in answer[0]["entities"]] == ["程晓光"]


def test_offsets_of_javascript_and_java(client):
    units = TEXT.encode("utf-16-le")
    [points], [utf16] = (
        ask(client, texts=[TEXT], offsets=offsets).json()["documents"] for offsets in ("code-points", "utf-16")
    )
    assert len(points["entities"]) == len(utf16["entities"]) > 3
    for one, other in zip(points["entities"], utf16["entities"], strict=True):
        assert TEXT[one["start"] : one["end"]] == one["text"]
        assert units[2 * other["start"] : 2 * other["end"]].decode("utf-16-le") == one["text"]
    assert utf16["entities"][-1]["start"] > points["entities"][-1]["start"]


def test_settings_are_those_of_the_extractor(client):
    texts = [*texts_of_the_sample()[:15], TEXT]
    for settings, options in (
        ({"types": ["LOC", "PER"]}, {"types": ["LOC", "PER"]}),
        ({"nested": True}, {"nested": True}),
    ):
        with Extractor.load(**options) as extractor:
            assert answered(ask(client, texts=texts, **settings)) == found(extractor, texts)
    scores = [e[3] for d in answered(ask(client, texts=texts, thresholds=0.9)) for e in d]
    assert scores and min(scores) >= 0.9
    assert len(scores) < sum(map(len, answered(ask(client, texts=texts))))


def test_a_dictionary_adds_and_vetoes(client):
    dictionary = {"added": {"飞往": "ACT"}, "vetoed": {"广州": ["*"], "大连": ["LOC"], "程晓光": ["LOC"]}}
    [document] = ask(client, texts=[TEXT], dictionary=dictionary).json()["documents"]
    assert [(e["text"], e.get("source")) for e in document["entities"]] == [
        ("程晓光", None),
        ("飞往", "dictionary"),
        ("北京", None),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"texts": [TEXT, 3]}, "texts.1"),
        ({"texts": [TEXT], "types": ["PERSON"]}, "types"),
        ({"texts": [TEXT], "types": ["PER", "PER"]}, "types"),
        ({"texts": [TEXT], "model": "none"}, "model"),
        ({"texts": [TEXT], "queries": {"PER": "人" * 600}}, "queries.PER"),
        ({"texts": [TEXT], "queries": {"\x1c": "人名"}}, "queries"),
        ({"texts": [TEXT], "thresholds": {"start": 2}}, "thresholds.start"),
        ({"texts": [TEXT], "types": [f"T{i}" for i in range(10_000)]}, "types"),
        ({"texts": [TEXT], "queries": {f"T{i}": "人" for i in range(10_000)}}, "queries"),
        ({"documents": [{"text": "a"}, {"id": 1}]}, "documents.1.text"),
        ({"documents": [{"text": "a", "silver": "yes"}]}, "documents.0"),
        ({"texts": [""] * 20_000}, "texts"),
    ],
)
def test_a_field_that_is_wrong_is_named(client, body, field):
    answer = client.post("/v1/entities", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert answer.json()["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"\xff", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"", "application/json", 422),
        (b'{"texts": ["a"]}', "text/plain", 415),
        (b'{"texts": ["a"]}', "", 415),
    ],
)
def test_what_is_no_json_is_refused(client, content, kind, status):
    answer = client.post("/v1/entities", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status and answer.json()["detail"]


def test_other_paths_and_methods_are_problems_too(client):
    for answer, status in ((client.get("/v1/none"), 404), (client.get("/v1/entities"), 405)):
        assert answer.status_code == status and answer.json()["detail"]


def test_health_ready_and_metrics(client):
    ask(client, texts=[TEXT])
    assert client.get("/health").json() == client.get("/ready").json() == {"status": "ok"}
    metrics = client.get("/metrics").text
    assert 'bmt_requests_total{path="/v1/entities",status="200"}' in metrics
    assert 'bmt_characters_total{model="ner-zh-small"}' in metrics and TEXT[:3] not in metrics


def test_the_openapi_document_has_the_paths_and_the_forms(client):
    document = client.get("/openapi.json").json()
    body = document["paths"]["/v1/entities"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "application/x-ndjson"}
    assert {"texts", "documents", "offsets"} <= document["components"]["schemas"]["EntitiesRequest"][
        "properties"
    ].keys()
    assert set(document["paths"]) == {"/v1/entities", "/v1/files", "/v1/models", "/metrics", "/health", "/ready"}


def test_the_output_formats_are_those_of_predict():
    assert set(OutputFormat.__args__) == {
        name for name, writer in WRITERS.items() if not isinstance(writer, TableFormat)
    }


def test_a_document_has_the_form_that_predict_writes(client, extractor):
    documents = toy_documents(5, 1)
    sent = [document_to_dict(document) for document in documents]
    expected = [document_to_dict(document) for document in extractor.documents(documents)]
    assert ask(client, documents=sent).json()["documents"] == expected
