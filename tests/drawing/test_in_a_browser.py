"""Marked text in a real browser: what it looks like, what is copied, and how quickly it is there."""

import time

import pytest

from bert_mrc_theseus.drawing.marking import fragment_html
from bert_mrc_theseus.output.entity_html import html_head, html_record
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema
from tests.helpers.browser import PHONE, chromium, copied, opened

NESTED = Document(
    "nested",
    "昨天北京大学第三医院的程晓光",
    (Entity(2, 10, "ORG"), Entity(2, 6, "ORG"), Entity(2, 4, "LOC"), Entity(11, 14, "PER")),
)
CROSSING = Document(
    "crossing", "北京大学的程晓光\t在　广州 \n\n大连", (Entity(0, 4, "ORG"), Entity(2, 7, "X"), Entity(5, 8, "PER"))
)
HOSTILE = Document("</p><b id=x>", "<script>alert(1)</script>", (Entity(0, 8, '<img src=x onerror="alert(1)">'),))
SCHEMA = Schema(tuple(EntityType(name, name) for name in ("PER", "LOC", "ORG")))


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def page_of(*documents):
    return (
        html_head(SCHEMA) + "".join(html_record(d, i, SCHEMA)[0] for i, d in enumerate(documents)) + "</body></html>\n"
    )


def test_what_is_copied_is_the_text_alone(browser):
    with opened(browser, page_of(CROSSING)) as page:
        assert copied(page) == CROSSING.text
    with opened(browser, page_of(NESTED, HOSTILE)) as page:
        assert copied(page).split() == [NESTED.text, *HOSTILE.text.split()]


def test_a_long_text_is_copied_whole(browser):
    text = "".join(f"{i}程晓光在广州\n" for i in range(2000))
    with opened(browser, page_of(Document("1", text, (Entity(1, 4, "PER"),)))) as page:
        assert page.locator(".bmt-text > span").count() > 3
        assert copied(page).rstrip("\n") == text.rstrip("\n")


WHERE = """() => [...document.querySelectorAll("mark:not(.c)")].map(mark => {
  const text = document.createTreeWalker(mark, NodeFilter.SHOW_TEXT).nextNode(), range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, 1);
  const first = range.getBoundingClientRect(), box = mark.getClientRects()[0];
  return [first.left - box.left, first.top - box.top, box.bottom - first.bottom];
})"""


def test_a_name_stays_in_the_box_with_the_first_character(browser):
    text = "的程晓光和广州" * 60
    entities = [
        Entity(7 * i + start, 7 * i + end, kind)
        for i in range(60)
        for start, end, kind in ((1, 4, "PER"), (5, 7, "LOC"))
    ]
    with opened(browser, page_of(Document("1", text, tuple(entities)))) as page:
        for width in range(250, 460, 13):
            page.evaluate(f"document.body.style.width = '{width}px'")
            places = page.evaluate(WHERE)
            assert len(places) == 120
            # The name is to the left of the character, both in the entity's first box.
            assert all(left > 15 and above > -4 and below > -4 for left, above, below in places), width


def test_underlines_of_nested_entities_lie_below_one_another(browser):
    with opened(browser, page_of(NESTED)) as page:
        bottoms = page.evaluate("[...document.querySelectorAll('mark')].map(m => m.getBoundingClientRect().bottom)")
    outer, middle, inner, alone = bottoms
    assert outer - middle >= 3 and middle - inner >= 3 and abs(alone - inner) < 1


def test_thirty_types_look_different(browser):
    document = Document("1", "字" * 36, tuple(Entity(i, i + 1, f"TYPE{i}") for i in range(36)))
    look = """() => [...document.querySelectorAll("mark")].map(mark => {
      const style = getComputedStyle(mark);
      return [style.borderBottomColor, style.borderBottomStyle].join();
    })"""
    fragment = (
        f"<body><style>{html_head(None).split('<style>')[1].split('</style>')[0]}</style>{fragment_html([document])}"
    )
    with opened(browser, fragment) as page:
        assert len(set(page.evaluate(look))) == 36


def test_types_are_counted_and_switched_off(browser):
    name = "(node => getComputedStyle(node, '::before').content)"
    more = Document("more", "某", (Entity(0, 1, 'a"]\\'),))
    with opened(browser, page_of(NESTED, CROSSING, more)) as page:
        legend = page.locator("button.bmt-type").all_text_contents()
        assert legend == ["PER2", "LOC1", "ORG3", "X1", 'a"]\\1']
        assert page.locator(".top").inner_text().startswith("3 documents, 8 entities")
        for kind in ("ORG", 'a"]\\'):
            button = page.locator("button.bmt-type", has_text=kind)
            mark = page.locator("mark").nth(0) if kind == "ORG" else page.locator("mark").last
            assert kind in mark.evaluate(name).replace("\\\\", "\\").replace('\\"', '"')
            button.click()
            assert mark.evaluate(name) == "none" and button.get_attribute("aria-pressed") == "false"
            assert mark.evaluate("node => getComputedStyle(node).borderBottomWidth") == "0px"
        assert "PER" in page.locator("mark[data-t=PER]").first.evaluate(name)
        page.locator("button.bmt-type", has_text="ORG").click()
        assert "ORG" in page.locator("mark").first.evaluate(name)


def test_the_page_speaks_chinese_too(browser):
    with opened(browser, page_of(NESTED), locale="zh-CN") as page:
        assert "1 篇文本" in page.locator(".top").inner_text()
        page.locator("[data-language=en]").click()
        assert "1 documents" in page.locator(".top").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(browser, scheme):
    long = Document("a" * 300, "字" * 30, (Entity(0, 20, "很长的类型名称" * 30),))
    with opened(browser, page_of(NESTED, HOSTILE, long), viewport=PHONE, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("line", [100, 100_000])
def test_ten_thousand_entities_are_there_soon(browser, line):
    text = "".join("\n" if (i + 1) % line == 0 else "字" for i in range(100_000))
    document = Document("1", text, tuple(Entity(10 * i + 5, 10 * i + 8, ("PER", "LOC")[i % 2]) for i in range(10_000)))
    with opened(browser, page_of(document)) as page:
        started = time.monotonic()
        page.reload()
        page.locator("button.bmt-type", has_text="PER").click()
        assert page.locator("button.bmt-type", has_text="PER").text_content() == "PER5,000"
        assert time.monotonic() - started < 60
