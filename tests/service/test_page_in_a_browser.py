"""The web page in a real browser."""

import io
import json
import zipfile

import pytest

from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.service.settings import ServiceSettings
from bert_mrc_theseus.text.dictionary import read_dictionary
from tests.helpers.browser import PHONE, chromium, visited
from tests.helpers.services import listening

LINES = ("程晓光从广州飞往大连。", "王丽华在广州。")
HOSTILE = '<img src=x onerror="alert(1)"></p><script>alert(2)</script>程晓光'


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(browser):
    models = {"one": bundled_model(), "two": bundled_model()}
    with listening(ServiceSettings(models=models, threads=1)) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def page(browser, address):
    with visited(browser, address, permissions=["clipboard-read", "clipboard-write"]) as opened:
        yield opened


def typed(page, text):
    """Types a text, and waits until all of it is read."""
    page.fill("#text", text)
    done(page)


def done(page):
    wanted = """() => [...document.querySelectorAll('#marked > p')].map(p => p.textContent).join('\\n')
        === document.getElementById('text').value && !document.querySelector('#marked .waiting')
        && / in \\d| 行，/.test(document.getElementById('status').textContent)"""
    page.wait_for_function(wanted)


def until(page, condition):
    # As a function: the page's policy lets nothing evaluate strings.
    page.wait_for_function(f"() => {condition}")


def marks(page):
    return page.eval_on_selector_all("#marked mark", "nodes => nodes.map(n => [n.textContent, n.dataset.t])")


def rows(page):
    return page.locator("#found li").all_text_contents()


def saved(page, form):
    page.select_option("#format", form)
    with page.expect_download() as download:
        page.click("#download")
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_entities_are_marked_while_one_types_and_only_what_changed_is_asked_again(page):
    asked = []
    page.on("request", lambda request: asked.append(json.loads(request.post_data or "{}").get("texts")))
    page.type("#text", LINES[0])
    done(page)
    assert marks(page) == [["程晓光", "PER"], ["广州", "LOC"], ["大连", "LOC"]]
    typed(page, "\n".join(LINES))
    assert rows(page)[0] == "LOC广州2"
    assert page.inner_text("#status") == "5 in 2 lines"
    assert asked[-1] == [LINES[1]]
    page.press("#text", "Control+End")
    page.type("#text", "好")
    done(page)
    assert asked[-1] == [LINES[1] + "好"]


def test_a_click_goes_to_one_place_after_the_other(page):
    typed(page, "\n".join([LINES[0], *["山" * 40] * 60, LINES[1]]))
    first = page.locator("#found button", has_text="广州")
    for line in (0, 61):
        first.click()
        assert page.evaluate("document.activeElement.textContent") == "广州"
        inside = (
            "[...document.querySelectorAll('#marked > p')].indexOf(document.querySelector('mark.here').closest('p'))"
        )
        assert page.evaluate(inside) == line
        page.wait_for_function(
            """() => { const box = document.querySelector("mark.here").getBoundingClientRect();
            return box.top >= 0 && box.bottom <= innerHeight; }"""
        )


def test_types_are_switched_and_those_of_ones_own_are_asked_with_a_warning(page):
    typed(page, LINES[0])
    page.click("#types button:has-text('LOC')")
    done(page)
    assert marks(page) == [["程晓光", "PER"]]
    page.click("#new-type summary")
    page.fill("#type-name", "城市")
    page.fill("#type-query", "城市名")
    page.click("#type-form button")
    page.wait_for_selector("#types button:has-text('城市')")
    done(page)
    assert "城市" in page.inner_text("#unseen") and "not trained" in page.inner_text("#unseen")
    page.reload()
    assert page.locator("#types button:has-text('城市')").count() == 1 or page.wait_for_selector("#types :text('城市')")
    page.click("[aria-label='Remove the type 城市']")
    assert page.locator("#types button:has-text('城市')").count() == 0
    page.click("#new-type summary")
    page.fill("#type-name", "长")
    page.fill("#type-query", "人" * 300)
    page.click("#type-form button")
    until(page, "document.getElementById('type-wrong').textContent.includes('queries')")


def test_threshold_nesting_and_model_are_asked(page):
    typed(page, LINES[0])
    page.click("#options summary")
    with page.expect_request(lambda r: '"nested":true' in (r.post_data or "")):
        page.check("#nested")
    with page.expect_request(lambda r: '"thresholds":0.95' in (r.post_data or "")):
        page.fill("#threshold", "0.95")
    with page.expect_request(lambda r: '"model":"two"' in (r.post_data or "")):
        page.select_option("#model", "two")
    done(page)


def test_the_dictionary_is_made_by_selecting_kept_and_saved(page, tmp_path):
    typed(page, LINES[0])
    page.click("#marked mark:has-text('广州')")
    assert page.inner_text("#chosen-term") == "广州" and page.input_value("#chosen-type") == "LOC"
    page.click("#chosen-veto")
    done(page)
    assert ["广州", "LOC"] not in marks(page)
    page.evaluate(
        """() => { const area = document.getElementById("text"); area.focus(); area.setSelectionRange(6, 8); }"""
    )
    until(page, "document.getElementById('chosen-term').textContent === '飞往'")
    page.select_option("#chosen-type", "ORG")
    page.click("#chosen-add")
    done(page)
    assert ["飞往", "ORG"] in marks(page)
    with page.expect_download() as download:
        page.click("#export-terms")
    (tmp_path / "terms.tsv").write_bytes(download.value.path().read_bytes())
    dictionary = read_dictionary(tmp_path / "terms.tsv")
    assert (dictionary.added, dictionary.vetoed) == ({"飞往": "ORG"}, {"广州": frozenset({"LOC"})})
    page.reload()
    assert page.locator("#terms li").count() == 2
    wrong = {"name": "t.tsv", "mimeType": "text/plain", "buffer": "大连\tX\n坏\n".encode()}
    page.set_input_files("#terms-file", wrong)
    until(page, "document.getElementById('terms-wrong').textContent.startsWith('line 2: ')")
    assert page.locator("#terms li").count() == 2
    page.set_input_files("#terms-file", {**wrong, "buffer": "# x\r\n大连\tACT\r\n飞往\t*\tveto\r\n".encode()})
    page.wait_for_selector("#terms :text('大连')")
    typed(page, LINES[0])
    assert marks(page) == [["程晓光", "PER"], ["大连", "ACT"]]


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", "\r\n".join(LINES).encode(), "\n".join(LINES)),
        ("a.txt", LINES[0].encode("gb18030"), LINES[0]),
        ("a.jsonl", "".join(json.dumps({"text": line}) + "\n" for line in LINES).encode(), "\n".join(LINES)),
        ("a.json", json.dumps(list(LINES)).encode(), "\n".join(LINES)),
    ],
)
def test_files_are_opened(page, name, content, text):
    page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content})
    page.wait_for_selector("#found li")
    done(page)
    assert page.input_value("#text") == text and rows(page)
    assert ("GB18030" in page.inner_text("#status")) == (
        not content.isascii() and content.startswith("程".encode("gb18030"))
    )


def test_files_that_are_no_text_are_refused_and_dropped_ones_are_opened(page):
    page.set_input_files("#file", {"name": "a.png", "mimeType": "", "buffer": b"\x89PNG\0\0"})
    until(page, "document.getElementById('status').textContent.includes('a.png is no text')")
    page.set_input_files("#file", {"name": "a.jsonl", "mimeType": "", "buffer": b'{"text": "a"}\n{"x": 1}\n'})
    until(page, "document.getElementById('status').textContent.includes('a.jsonl:2')")
    page.evaluate(
        """text => { const data = new DataTransfer(); data.items.add(new File([text], "a.txt"));
        document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})); }""",
        LINES[0],
    )
    page.wait_for_selector("#found li")
    assert page.input_value("#text") == LINES[0]


def test_what_is_seen_is_copied_and_downloaded(page):
    typed(page, "🌊。" + "\n".join(LINES))
    page.click("#copy")
    until(page, "document.getElementById('saving-status').textContent === 'Copied.'")
    copied = [json.loads(line) for line in page.evaluate("navigator.clipboard.readText()").splitlines()]
    name, content = saved(page, "jsonl")
    documents = [json.loads(line) for line in content.decode().splitlines()]
    assert name == "entities.jsonl" and documents == copied
    for document, line in zip(documents, ("🌊。" + LINES[0], LINES[1]), strict=True):
        assert document["text"] == line
        assert all(line[e["start"] : e["end"]] == e["text"] for e in document["entities"])
    assert saved(page, "csv")[1].decode("utf-8-sig").splitlines()[1].startswith("line 1,2,5,PER,程晓光,0.9")
    [task, _] = json.loads(saved(page, "label-studio")[1])
    assert task["predictions"][0]["result"][0]["value"]["labels"] == ["PER"]
    page.check("#one-document")
    [document] = [json.loads(line) for line in saved(page, "jsonl")[1].decode().splitlines()]
    assert all(document["text"][e["start"] : e["end"]] == e["text"] for e in document["entities"])
    assert len(document["entities"]) == 5
    with zipfile.ZipFile(io.BytesIO(saved(page, "brat")[1])) as archive:
        assert archive.read("text.txt").decode() == document["text"]
    page.evaluate("getSelection().selectAllChildren(document.getElementById('marked'))")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == document["text"]


def test_hostile_texts_types_and_terms_are_text(page):
    typed(page, HOSTILE)
    assert page.inner_text("#marked").strip() == HOSTILE and marks(page) == [["程晓光", "PER"]]
    page.click("#new-type summary")
    page.fill("#type-name", '"><img src=x onerror=alert(3)>')
    page.fill("#type-query", "<b>人名")
    page.click("#type-form button")
    page.click("summary:has-text('Add a term')")
    page.fill("#term", "<script>alert(2)</script>")
    page.fill("#term-type", '<img src=x onerror="alert(4)">')
    page.click("#term-form button")
    until(page, "document.querySelectorAll('#types .chip').length === 5")
    done(page)
    assert ["<script>alert(2)</script>", '<img src=x onerror="alert(4)">'] in marks(page)
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_in_either_language_and_scheme(browser, address, scheme):
    with visited(browser, address, viewport=PHONE, color_scheme=scheme, locale="zh-CN") as page:
        page.click("#example")
        page.wait_for_selector("#found li")
        for summary in page.locator("summary").all():
            summary.click()
        ground = "getComputedStyle(document.body).backgroundColor"
        assert (page.evaluate(ground) == "rgb(255, 255, 255)") == (scheme == "light")
        assert page.inner_text("#reading-title") == "实体" and "输入" in page.get_attribute("#text", "placeholder")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.click("#theme")
        assert (page.evaluate(ground) == "rgb(255, 255, 255)") == (scheme == "dark")
        page.click("[data-language=en]")
        until(page, "document.getElementById('text').placeholder.startsWith('Type')")
        done(page)
        page.reload()
        assert page.inner_text("#reading-title") == "Entities"
        assert (page.evaluate(ground) == "rgb(255, 255, 255)") == (scheme == "dark")


def test_everything_is_named_and_reached_by_keys(page):
    typed(page, LINES[0])
    unnamed = """() => [...document.querySelectorAll("button, input:not([hidden]), select, textarea")].filter(node =>
        !(node.textContent.trim() || node.labels?.length || node.ariaLabel || node.getAttribute("aria-labelledby")))
        .map(node => node.outerHTML)"""
    assert page.evaluate(unnamed) == []
    page.focus("#types button")
    page.keyboard.press("Space")
    done(page)
    assert ["程晓光", "PER"] not in marks(page)
    page.focus("#found button")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "广州"
    page.click("#marked mark:has-text('广州')")
    page.keyboard.press("Escape")
    assert not page.is_visible("#chosen")


def test_a_long_text_stays_smooth(page):
    """100,000 characters: all lines are there before any is read, and a change at the end asks for that line alone."""
    text = "\n".join(["山水田林" * 25] * 900 + ["程晓光在广州。" * 14] * 100)
    page.fill("#text", text)
    until(page, "document.querySelectorAll('#marked > p').length === 1000")
    done(page)
    asked = []
    page.on("request", lambda request: asked.append(json.loads(request.post_data or "{}").get("texts")))
    page.evaluate("""() => { window.blocked = 0; new PerformanceObserver(list => {
        for (const entry of list.getEntries()) window.blocked = Math.max(window.blocked, entry.duration); })
        .observe({type: "longtask"}); }""")
    page.press("#text", "Control+End")
    page.type("#text", "好")
    until(page, "document.querySelector('#marked > p:last-child').textContent.endsWith('好')")
    done(page)
    assert asked == [["程晓光在广州。" * 14 + "好"]]
    assert page.evaluate("window.blocked") < 2000  # milliseconds, on a busy machine


def test_a_token_is_asked_for(browser):
    guarded = listening(ServiceSettings(token="s3cret", threads=1))
    with guarded as port, visited(browser, f"http://127.0.0.1:{port}/") as page:
        page.wait_for_selector("#token-form:not([hidden])")
        page.fill("#token", "wrong")
        page.click("#token-form button")
        until(page, "document.getElementById('token-wrong').textContent.includes('token')")
        page.fill("#token", "s3cret")
        page.click("#token-form button")
        page.wait_for_selector("#types button")
        typed(page, LINES[0])
        assert len(marks(page)) == 3
        page.reload()
        page.wait_for_selector("#types button")


def test_a_service_that_fails_is_said_and_tried_again(page):
    page.route("**/page/entities", lambda route: route.abort())
    page.fill("#text", LINES[0])
    page.wait_for_selector("#again:not([hidden])")
    assert "cannot be reached" in page.inner_text("#status") and page.inner_text("#marked").strip() == LINES[0]
    page.unroute("**/page/entities")
    page.click("#again")
    done(page)
    assert len(marks(page)) == 3
