"""A project of a real Label Studio: pre-annotated by the service, corrected, exported, and read back as training data."""

import json
import re

import pytest

from bert_mrc_theseus.service.settings import ServiceSettings
from bert_mrc_theseus.text.interchange import read_documents
from tests.helpers.browser import chromium
from tests.helpers.label_studio import PASSWORD, USER, label_studio
from tests.helpers.services import listening

CONFIG = """<View>
  <Labels name="ner" toName="doc"><Label value="人名"/><Label value="地名"/><Label value="品牌"/></Labels>
  <Text name="doc" value="$content"/>
</View>"""
TYPES = {"PER": "人名", "LOC": "地名"}
TEXTS = [
    "程晓光从广州飞往大连。",
    "🌊🌊程晓光在北京读书，🌊后来去了上海。",
    "第一行写着李明。\n第二行写着南京。\r\n第三行写着🌊广州。",
    "这里什么也没有。",
    "没有人看过南京的这一句。",
]
SERVICE_TOKEN = "s3cret"


@pytest.fixture(scope="module")
def service():
    with listening(ServiceSettings(token=SERVICE_TOKEN)) as port:
        yield f"http://127.0.0.1:{port}/label-studio"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with label_studio(tmp_path_factory.mktemp("label-studio")) as started:
        yield started


@pytest.fixture(scope="module")
def project(api, service):
    """The id of a project with the texts as tasks, predicted by the service."""
    number = api("POST", "/api/projects", {"title": "annotation", "label_config": CONFIG})["id"]
    api("POST", f"/api/projects/{number}/import", [{"content": text} for text in TEXTS])
    connect(api, number, service, SERVICE_TOKEN)
    chosen = {"selectedItems": {"all": True, "excluded": []}}
    api("POST", f"/api/dm/actions?id=retrieve_tasks_predictions&project={number}", chosen)
    return number


def connect(api, project, url, password):
    return api("POST", "/api/ml", {
        "project": project, "url": url, "title": "ner", "auth_method": "BASIC_AUTH", "basic_auth_user": "any",
        "basic_auth_pass": password,
    })  # fmt: skip


def tasks_of(api, project):
    """In the order of the texts."""
    tasks = sorted(api("GET", f"/api/tasks?project={project}&fields=all")["tasks"], key=lambda task: task["id"])
    assert [task["data"]["content"] for task in tasks] == TEXTS
    return tasks


def prediction_of(api, task):
    [prediction] = api("GET", f"/api/predictions?task={task['id']}")
    return prediction


def spans_of(results):
    return [(r["value"]["start"], r["value"]["end"], r["value"]["text"], r["value"]["labels"][0]) for r in results]


@pytest.fixture(scope="module")
def corrected(api, project):
    """What a person makes of the predictions: the results of the first four tasks' annotations."""
    tasks = tasks_of(api, project)[:4]
    first, second, third, fourth = ([*prediction_of(api, task)["result"]] for task in tasks)
    del first[-1]
    second[0]["value"]["labels"] = ["地名"]
    third.append({
        "id": "own", "from_name": "ner", "to_name": "doc", "type": "labels",
        "value": {"start": 0, "end": 3, "text": TEXTS[2][:3], "labels": ["品牌"]},
    })  # fmt: skip
    results_of = [first, second, third, fourth]
    for task, results in zip(tasks, results_of, strict=True):
        api("POST", f"/api/tasks/{task['id']}/annotations", {"result": results})
    return results_of


def test_the_backend_is_connected_and_says_its_version(api, project):
    [backend] = api("GET", f"/api/ml?project={project}")
    assert (backend["readable_state"], backend["error_message"]) == ("Connected", None)
    assert backend["model_version"].startswith("ner-zh-small-")
    assert api("GET", f"/api/ml/{backend['id']}/versions")["versions"] == [backend["model_version"]]


def test_what_cannot_work_is_refused_when_it_is_connected(api, service):
    for config, password, said in (
        (CONFIG, "wrong", "authentication parameters"),
        (CONFIG.replace("人名", "菜名").replace("地名", "菜系"), SERVICE_TOKEN, "current labeling configuration"),
    ):
        other = api("POST", "/api/projects", {"title": "refused", "label_config": config})["id"]
        with pytest.raises(AssertionError, match=said):
            connect(api, other, service, password)


def test_predictions_are_the_extractors(api, project, extractor):
    [backend] = api("GET", f"/api/ml?project={project}")
    for task, text in zip(tasks_of(api, project), TEXTS, strict=True):
        prediction = prediction_of(api, task)
        entities = [e for e in extractor(text) if e.type in TYPES]
        assert spans_of(prediction["result"]) == [(e.start, e.end, e.text, TYPES[e.type]) for e in entities]
        assert [r["score"] for r in prediction["result"]] == [round(e.score, 4) for e in entities]
        assert prediction["model_version"] == backend["model_version"]
        assert prediction["score"] == min((round(e.score, 4) for e in entities), default=None)


def test_its_page_marks_what_was_predicted_and_corrected(api, project, corrected):
    """Label Studio's page counts as the service does: code points, beyond U+FFFF and over all line ends."""
    with chromium() as browser, browser.new_context() as context:
        page = context.new_page()
        page.route(lambda url: not url.startswith(api.url), lambda route: route.abort())
        page.goto(f"{api.url}/user/login/")
        page.fill("input[name=email]", USER)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "login" not in url, timeout=60_000, wait_until="commit")
        for task, results in zip(tasks_of(api, project)[:3], corrected[:3], strict=True):
            page.goto(f"{api.url}/projects/{project}/data?task={task['id']}")
            page.wait_for_selector(".htx-highlight", timeout=120_000)
            marked = page.eval_on_selector_all(".htx-highlight", "items => items.map(item => item.textContent)")
            assert marked == [copied for _, _, copied, _ in sorted(spans_of(results))]


def test_corrections_are_exported_and_read_back_as_training_data(api, project, corrected, command, tmp_path):
    exported = api("GET", f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true")
    assert len(exported) == len(TEXTS)
    (tmp_path / "export.json").write_text(json.dumps(exported, ensure_ascii=False), encoding="utf-8")
    status, out, _ = command(
        "preprocess", "--train", tmp_path / "export.json", "--format", "label-studio", "--text-field", "content",
        "--map", "人名=PER,地名=LOC,品牌=BRAND", "--out", tmp_path / "corpus",
    )  # fmt: skip
    assert status == 0 and re.search(r"unannotated +│ 1 ", out)
    names = {"人名": "PER", "地名": "LOC", "品牌": "BRAND"}
    documents = list(read_documents(tmp_path / "corpus" / "train.jsonl"))
    read = {d.text: sorted((e.start, e.end, d.text_of(e), e.type) for e in d.entities) for d in documents}
    expected = {
        text: sorted((start, end, copied, names[label]) for start, end, copied, label in spans_of(results))
        for text, results in zip(TEXTS[:4], corrected, strict=True)
    }
    assert read == expected
    assert [len(spans) for spans in expected.values()] == [2, 3, 4, 0]
