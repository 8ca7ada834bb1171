"""The page of `report`: of a run, and of any predictions, in a browser too where there is one."""

import re
from dataclasses import replace

import pytest

from bert_mrc_theseus.evaluation.report_page import ReportData, report_page
from bert_mrc_theseus.evaluation.systems import systems_of
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import read_documents, write_documents
from tests.helpers.browser import PHONE, chromium, copied, opened
from tests.helpers.documents import toy_documents

DATA = ReportData("test.jsonl", "0" * 64, "report a b <c>", {"python": "3.13"})


def test_the_page_of_a_run(trained, command, tmp_path):
    # Texts of another seed than the training's, and one entity too many, for mistakes of more than one kind.
    documents = list(read_documents(trained.data / "test.jsonl"))
    wrong = [
        replace(d, entities=(*d.entities[1:], Entity(0, 1, "PER"))) if i % 2 else d for i, d in enumerate(documents)
    ]
    data, path = tmp_path / "wrong.jsonl", tmp_path / "report.html"
    write_documents(data, wrong)
    status, out, err = command("report", trained.run, data, "--out", path)
    assert (status, err) == (0, "") and out.endswith(f"-> {path}\n")
    html = path.read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="[^#]|@import|url\(', html)
    # Of each stage two learning curves and a calibration.
    assert html.count("<svg") == 9 and "replace rate" in html
    rows = re.findall(r'<tr><td class="name">(predecessor|after stage \d)</td>((?:<td>[^<]*</td>)+)</tr>', html)
    assert [name for name, _ in rows[:3]] == ["predecessor", "after stage 1", "after stage 2"]
    for _, cells in rows[:3]:
        f1, retention, *_, layers, _, parameters, size, speed, minutes = re.findall(r"<td>(.*?)</td>", cells)
        assert float(f1) > 0.3 and float(retention.rstrip("%")) > 0 and int(layers) in (2, 4)
        assert (
            parameters.endswith(" M")
            and size.endswith(" MB")
            and int(speed.replace(",", "")) > 0
            and float(minutes) >= 0
        )
    assert "predecessor → after stage 2" in html and "token_budget: 512" in html and "report " in html


@pytest.fixture(scope="module")
def systems(tmp_path_factory):
    """Gold documents, and what two programs predicted: one with scores, another without."""
    folder = tmp_path_factory.mktemp("predictions")
    gold = [d for d in toy_documents(40, 5) if d.entities]
    first, second = [], []
    for number, document in enumerate(gold):
        one, *others = document.entities
        wrong = {0: replace(one, type="PER" if one.type == "LOC" else "LOC"), 1: replace(one, end=one.end - 1), 2: None}
        changed = wrong.get(number % 4, one)
        scored = [replace(e, score=(number + 1) / 100) for e in (changed, *others) if e is not None]
        first.append(Document(number, document.text, tuple(scored)))
        second.append(Document(document.id, document.text, (*document.entities[1:], Entity(0, 1, "</select><b>"))))
    write_documents(folder / "first.jsonl", first[::-1])
    write_documents(folder / "second.jsonl.gz", second)
    found = [s for name in ("first.jsonl", "second.jsonl.gz") for s in systems_of(folder / name, gold)]
    return gold, found


@pytest.fixture(scope="module")
def html(systems):
    gold, found = systems
    return report_page("first & second", found, gold, DATA)


def test_the_page_of_predictions(systems, html):
    gold, (first, second) = systems
    assert (first.name, second.name) == ("first", "second")
    assert first.evaluation.strict.micro.support == sum(len(d.entities) for d in gold)
    mistakes = first.evaluation.mistakes + second.evaluation.mistakes
    anchors = re.findall(r'<div class="mistake" id="([^"]*)"', html)
    assert len(anchors) == len(set(anchors)) == len(mistakes) > 40
    assert all(f'<a href="#{anchor}">' in html for anchor in anchors)
    scores = [float(score) for score in re.findall(r'data-system="0"[^>]*data-score="([^"]*)"', html)]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.3 and scores[-1] == -1
    assert "These predictions have no scores." in html


def test_nothing_from_outside_becomes_markup(html):
    assert "</select><b>" not in html and "<c>" not in html and "&lt;/select&gt;&lt;b&gt;" in html


def test_what_differs_is_outlined(html):
    item = html.split('<div class="mistake"')[1].split("</header>")[1]
    gold, predicted = re.findall(r'<div class="bmt-text">(.*?)</div>', item, re.S)
    assert re.findall(r'<mark class="k\d+ d"', gold) and re.findall(r'<mark class="k\d+ d"', predicted)
    assert len(re.findall("<mark", html)) > len(re.findall(r'<mark class="k\d+[^"]* d\b', html))


def test_the_table_of_changes_adds_up(systems, html):
    gold, (first, second) = systems
    table = re.search(r'<table class="changes">.*?</table>', html, re.S).group()
    total = re.search(r"Σ</td>(.*?)</tr>", table).group(1)
    both, lost, gained, neither, *wrong = map(int, re.findall(r"<td>(\d+)</td>", total))
    assert both + lost == first.evaluation.strict.micro.tp and both + gained == second.evaluation.strict.micro.tp
    assert both + lost + gained + neither == sum(len(d.entities) for d in gold)
    assert wrong[0] + wrong[1] == first.evaluation.strict.micro.fp
    assert "Found by first only" in html


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


VISIBLE = "[...document.querySelectorAll('.mistake:not([hidden])')].map(m => [m.id, m.dataset.system, m.dataset.kind])"


def test_mistakes_are_filtered_and_sorted(browser, html):
    with opened(browser, html) as page:

        def visible():
            found = page.evaluate(VISIBLE)
            assert page.locator("#shown").text_content() == str(len(found))
            return found

        last = visible()
        assert {system for _, system, _ in last} == {"1"}
        page.select_option("#system", "0")
        page.select_option("#kind", "wrong type")
        kinds = visible()
        assert kinds and {tuple(rest) for _, *rest in kinds} == {("0", "wrong type")}
        page.select_option("#sort", "text")
        assert [i for i, *_ in visible()] == sorted(
            (i for i, *_ in kinds), key=lambda i: int(re.search(r"m(\d+)", i)[1])
        )
        assert page.evaluate("location.hash") == "#system=0&kind=wrong+type&sort=text"
        page.fill("#search", "no such text")
        assert visible() == []
        page.evaluate("location.hash = '#kind=missed&type=PER'")
        page.wait_for_function("document.getElementById('kind').value === 'missed'")
        assert {tuple(rest) for _, *rest in visible()} == {("1", "missed")}


def test_a_mistake_has_a_link_and_keys_go_from_one_to_the_next(browser, html):
    current = "document.querySelector('.mistake.current')?.id ?? null"
    anchor = re.search(r'<div class="mistake" id="([^"]*)" data-system="0"', html).group(1)
    with opened(browser, html) as page:
        # Of the other system than the one that is shown.
        assert page.locator(f"#{anchor}").is_hidden() and page.evaluate(current) is None
        page.evaluate(f"location.hash = '{anchor}'")
        page.wait_for_function(f"({current}) === '{anchor}'")
        assert page.locator(f"#{anchor}").is_visible()
        page.select_option("#system", "1")
        ids = [i for i, *_ in page.evaluate(VISIBLE)]
        page.evaluate("document.activeElement.blur()")
        walked = []
        for key in "jjjk":
            page.keyboard.press(key)
            walked.append(page.evaluate(current))
        assert walked == [ids[0], ids[1], ids[2], ids[1]] and page.evaluate("location.hash") == f"#{ids[1]}"
        page.focus("#search")
        page.keyboard.type("jk")
        assert page.evaluate(current) == ids[1] and page.input_value("#search") == "jk"


def test_a_pointer_is_told_the_values(browser, html):
    with opened(browser, html) as page:
        page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true; })")
        chart = page.locator("figure.chart").first
        for across in (100, 150):
            chart.locator("svg").hover(position={"x": across, "y": 60})
        told = chart.locator("output", has_text="share that is right: ")
        told.wait_for()
        assert re.search(r"right: [01]", told.text_content())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_report(browser, html, scheme):
    with opened(browser, html, viewport=PHONE, color_scheme=scheme, locale="zh-CN") as page:
        page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.locator("h2").first.text_content() == "总览"
        assert "漏掉" in page.locator("#kind").text_content()


def test_names_of_types_are_not_copied(browser, systems):
    gold, (first, _) = systems
    with opened(browser, report_page("x", [first], gold, DATA)) as page:
        page.evaluate("document.body.replaceChildren(document.querySelector('.mistake .bmt-text'))")
        text = copied(page)
    assert any(text.strip("…") in document.text for document in gold)
