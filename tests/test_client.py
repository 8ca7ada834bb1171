"""The client of the service, beside `Extractor`."""

import pytest

from bert_mrc_theseus import client as client_module
from bert_mrc_theseus.client import Client, ServiceError
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.prediction.extractor import Extractor
from bert_mrc_theseus.text.documents import Document

pytest.importorskip("fastapi", reason="the extra serve is not installed")

from bert_mrc_theseus.service.settings import ServiceSettings
from tests.helpers.services import listening

TEXTS = ["程晓光从广州飞往大连🌊北京。", "", "國立音樂大學的沈維鈞", "x"]


@pytest.fixture(scope="module")
def url():
    with listening(ServiceSettings(token="s3cret")) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_client_says_what_an_extractor_says(url, monkeypatch):
    monkeypatch.setattr(client_module, "MOST_DOCUMENTS", 7)
    with Client(url, "s3cret") as client, Extractor.load() as extractor:
        for one in (TEXTS[0], TEXTS, TEXTS * 5):
            mine, other = client(one), extractor(one)
            if isinstance(one, str):
                mine, other = [mine], [other]
            assert [[(e.text, e.type, e.start, e.end) for e in found] for found in mine] == [
                [(e.text, e.type, e.start, e.end) for e in found] for found in other
            ]
            scores = [(a.score, b.score) for m, o in zip(mine, other, strict=True) for a, b in zip(m, o, strict=True)]
            assert scores and all(round(b, 4) == a for a, b in scores)


def test_documents_come_back_whole(url):
    document = Document("a", TEXTS[0], rest={"url": 1})
    with Client(url, "s3cret") as client:
        [found] = client.documents([document], types=["PER"], dictionary={"added": {"飞往": "ACT"}})
        assert (found.id, found.rest) == ("a", {"url": 1})
        assert [(found.text_of(e), e.type, e.source) for e in found.entities] == [
            ("程晓光", "PER", None),
            ("飞往", "ACT", "dictionary"),
        ]
        assert client.models()[0]["name"] == "ner-zh-small"


def test_what_is_refused_says_why(url):
    with Client(url, "s3cret") as client, pytest.raises(ServiceError, match="answers 422: types: ") as refused:
        client("a", types=["X"])
    assert (refused.value.status, refused.value.fields) == (422, ("types",))
    with Client(url) as client, pytest.raises(ServiceError, match="answers 401"):
        client("a")
    with Client("http://127.0.0.1:1") as client, pytest.raises(ServiceError, match="no answer from"):
        client("a")
    with pytest.raises(UserError, match="http://HOST:PORT"):
        Client("localhost:8000")
