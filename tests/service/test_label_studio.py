"""Label Studio's ML backend protocol, with requests as Label Studio 1.23 sends them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bert_mrc_theseus.service.app import create_app
from bert_mrc_theseus.service.settings import ServiceSettings
from tests.helpers.stress import under_stress

CONFIG = """<View>
  <Labels name="ner" toName="title,body"><Label value="人名"/><Label value="Location"/><Label value="品牌"/></Labels>
  <Labels name="orgs" toName="body"><Label value="机构"/></Labels>
  <Text name="title" value="$标题"/><Text name="body" value="$正文"/>
</View>"""
TITLE, BODY = "🌊程晓光从广州飞往大连", "李明在北京大学读书。\r\n🌊🌊他去过上海。"


def project_fields(**more):
    """A request to /setup."""
    return {"project": "3.1790000000", "schema": CONFIG, "hostname": "http://localhost:8080", "access_token": "t0ken",
            "extra_params": None, **more}  # fmt: skip


def predict_fields(*data, **more):
    """A request to /predict."""
    tasks = [
        {"id": 7 + number, "data": item, "annotations": [], "predictions": [], "meta": {}, "is_labeled": False,
         "overlap": 1, "inner_id": 1 + number, "total_annotations": 0, "file_upload": None, "project": 3,
         "created_at": "2026-01-01T00:00:00Z", "comment_authors": []}
        for number, item in enumerate(data)
    ]  # fmt: skip
    params = {"login": None, "password": None, "context": None}
    return {"tasks": tasks, "project": "3.1790000000", "label_config": CONFIG, "params": params, **more}


def test_setup_says_which_labels_are_predicted(client):
    answer = client.post("/label-studio/setup", json=project_fields())
    assert answer.status_code == 200
    told = answer.json()
    version = client.get("/v1/models").json()["models"][0]["version"]
    assert told["model_version"] == f"ner-zh-small-{version}"
    assert told["labels"] == {"ner": {"PER": "人名", "LOC": "Location"}, "orgs": {"ORG": "机构"}}
    assert told["unmapped"] == {"ner": ["品牌"]} and told["left_out"] == []
    assert client.get("/label-studio/versions").json() == {"versions": [told["model_version"]]}
    assert client.get("/label-studio/health").json()["status"] == "UP"


def test_predictions_are_the_extractors_under_the_projects_names(client, extractor):
    answer = client.post(
        "/label-studio/predict", json=predict_fields({"标题": TITLE, "正文": BODY, "n": 1}, {"标题": "", "正文": "。"})
    )
    assert answer.status_code == 200
    first, second = answer.json()["results"]
    expected = []
    for to_name, text in (("title", TITLE), ("body", BODY)):
        for e in extractor(text):
            from_name, label = {"PER": ("ner", "人名"), "LOC": ("ner", "Location"), "ORG": ("orgs", "机构")}[e.type]
            if (from_name, to_name) != ("orgs", "title"):
                expected.append((from_name, to_name, e.start, e.end, e.text, label, round(e.score, 4)))
    found = []
    for region in first["result"]:
        value = region["value"]
        names = region["from_name"], region["to_name"]
        found.append((*names, value["start"], value["end"], value["text"], *value["labels"], region["score"]))
    assert sorted(found) == sorted(expected) and len(found) == 6
    assert all(r["type"] == "labels" for r in first["result"])
    assert len({r["id"] for r in first["result"]}) == len(found)
    assert first["score"] == min(item[-1] for item in found)
    assert (second["result"], second["score"]) == ([], None)
    assert {first["model_version"], second["model_version"]} == {answer.json()["model_version"]}


def test_a_task_without_the_text_has_no_prediction_and_the_others_have(client):
    answer = client.post(
        "/label-studio/predict",
        json=predict_fields({"标题": TITLE}, {"标题": TITLE, "正文": 3}, {"标题": "a", "正文": BODY}),
    )
    results = answer.json()["results"]
    assert results[0] == results[1] == {"error": "no text under 正文"} and results[2]["result"]


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("<View></View>", "no label of a text is one of the model's types: PER, LOC, ORG"),
        (CONFIG.replace("人名", "菜名").replace("Location", "x").replace("机构", "y"), "no label of a text is one"),
        (CONFIG.replace("$", ""), "one field of the data"),
        ("<View>", "not XML"),
        ('<!DOCTYPE v [<!ENTITY a SYSTEM "file:///etc/passwd">]><View>&a;</View>', "no document type"),
    ],
)
def test_a_project_of_which_nothing_can_be_predicted_is_refused(client, config, why):
    for path, field, body in (
        ("setup", "schema", project_fields(schema=config)),
        ("predict", "label_config", predict_fields({"标题": "a", "正文": "b"}, label_config=config)),
    ):
        answer = client.post(f"/label-studio/{path}", json=body)
        assert answer.status_code == 422 and why in answer.json()["detail"]
        assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_labels_of_no_type_are_counted_in_the_log(client, caplog):
    client.post("/label-studio/setup", json=project_fields())
    assert (
        "1 labels are no type of ner-zh-small" in caplog.text
        and "品牌" not in caplog.text
        and "t0ken" not in caplog.text
    )


def test_webhooks_change_nothing_and_training_is_refused(client):
    event = {
        "action": "ANNOTATION_CREATED",
        "annotation": {"id": 1, "result": []},
        "task": {"id": 7},
        "project": {"id": 3},
    }
    assert client.post("/label-studio/webhook", json=event).status_code == 200
    refused = client.post("/label-studio/webhook", json={"action": "START_TRAINING", "project": {"id": 3}})
    assert refused.status_code == 501 and "does not train" in refused.json()["detail"]


def test_a_model_by_its_name(client):
    for path, status in (("label-studio/ner-zh-small", 200), ("label-studio/none", 404)):
        assert client.get(f"/{path}/health").status_code == status
        assert client.post(f"/{path}/setup", json=project_fields()).status_code == status
        assert client.post(f"/{path}/predict", json=predict_fields({"标题": TITLE, "正文": BODY})).status_code == status


def test_the_token_is_the_password():
    app = create_app(ServiceSettings(host="0.0.0.0", token="s3cret"))
    with TestClient(app, base_url="http://ner.example.org") as guarded:
        for auth, status in (
            ({}, 401),
            ({"auth": ("any", "s3cre")}, 401),
            ({"auth": ("s3cret", "")}, 401),
            ({"auth": ("any", "s3cret")}, 200),
            ({"headers": {"Authorization": "Bearer s3cret"}}, 200),
        ):
            assert guarded.get("/label-studio/health", **auth).status_code == status
            assert guarded.get("/label-studio/versions", **auth).status_code == status
            assert guarded.post("/label-studio/setup", json=project_fields(), **auth).status_code == status
            assert guarded.post("/label-studio/predict", json=predict_fields(), **auth).status_code == status
        assert guarded.get("/v1/models", auth=("any", "s3cret")).status_code == 401
        # Label Studio sends no password with them.
        assert guarded.post("/label-studio/webhook", json={"action": "PROJECT_UPDATED"}).status_code == 200


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
tasks = st.fixed_dictionaries(
    {"data": st.dictionaries(st.sampled_from(["标题", "正文"]), st.text(max_size=8) | anything)}
)
bodies = st.fixed_dictionaries(
    {"tasks": st.lists(tasks | anything, max_size=3), "label_config": st.just(CONFIG) | anything}
)


@settings(max_examples=under_stress(40, 5000))
@given(body=bodies | anything)
def test_any_body_is_answered_or_refused(client, body):
    answer = client.post(
        "/label-studio/predict", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        results = answer.json()["results"]
        assert len(results) == len(body["tasks"]) and all(("result" in r) != ("error" in r) for r in results)
