import pytest
from starlette.testclient import TestClient

from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.settings import ServiceSettings

TOKEN = "s3cret"
LOCAL = "http://127.0.0.1"


@pytest.fixture(scope="module")
def guarded():
    app = create_app(ServiceSettings(host="0.0.0.0", token=TOKEN, origins=("https://example.org",)))
    with TestClient(app, base_url="http://ner.example.org") as opened:
        yield opened


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"])
def test_without_the_token_nothing_is_told(guarded, given):
    headers = {"Authorization": given.encode("latin-1")} if given else {}
    for path in ("/v1/models", "/metrics"):
        answer = guarded.get(path, headers=headers)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert guarded.post("/v1/entities", json={"texts": ["a"]}, headers=headers).status_code == 401
    assert guarded.get("/health").status_code == guarded.get("/ready").status_code == 200


def test_with_the_token_all_is_answered(guarded):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/v1/models", headers=headers).status_code == 200
    assert guarded.post("/v1/entities", json={"texts": ["广州"]}, headers=headers).json()["documents"][0]["entities"]


def test_pages_of_listed_origins_alone_may_read(guarded, client):
    def allowed(asked, origin):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return asked.options("/v1/entities", headers=headers).headers.get("access-control-allow-origin")

    assert allowed(guarded, "https://example.org") == "https://example.org"
    assert allowed(guarded, "https://other.org") is None
    assert allowed(client, "https://example.org") is None
    refused = guarded.post("/v1/entities", headers={"Origin": "https://example.org"})
    assert refused.status_code == 401 and refused.headers["access-control-allow-origin"] == "https://example.org"


def test_a_local_service_answers_to_local_names_alone(client):
    """A page whose name was made to point here asks by that name."""
    for host, status in (("127.0.0.1:8000", 200), ("localhost", 200), ("evil.example.org", 400)):
        assert client.get("/v1/models", headers={"Host": host}).status_code == status


def test_no_path_reaches_the_file_system(client):
    for path in ("/../pyproject.toml", "/v1/..%2f..%2fetc/passwd", "//etc/passwd", "/etc/passwd"):
        assert client.get(path).status_code == 404
    for model in ("/etc", "../ner-zh-small", "."):
        assert client.post("/v1/entities", json={"texts": ["a"], "model": model}).status_code == 422
