"""The service with the bundled model, for all tests of this folder that a process runs."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bert_mrc_theseus.prediction.extractor import Extractor
from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.settings import ServiceSettings

LOCAL = "http://127.0.0.1"


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(ServiceSettings(max_body=200_000)), base_url=LOCAL) as opened:
        yield opened


@pytest.fixture(scope="session")
def extractor() -> Iterator[Extractor]:
    with Extractor.load() as loaded:
        yield loaded
