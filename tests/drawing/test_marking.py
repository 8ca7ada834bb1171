"""Marked text as HTML."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.drawing.colours import looks_of
from bert_mrc_theseus.drawing.marking import PART, document_html, fragment_html, mark
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.strategies import TYPES, documents

LOOKS = looks_of(TYPES)


class Read(HTMLParser):
    """The text of a fragment, and for each entity in it the type and the text in its boxes."""

    def __init__(self, html):
        super().__init__()
        self.text, self.boxes, self._open, self._names = "", [], [], 0
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "mark":
            classes = attributes["class"].split()
            self.boxes.append([attributes["data-t"], attributes["title"], "c" in classes, "", "d" in classes])
            self._open.append(self.boxes[-1])

    def handle_endtag(self, tag):
        if tag == "mark":
            self._open.pop()

    def handle_data(self, data):
        self.text += data
        for box in self._open:
            box[3] += data

    @property
    def entities(self):
        """(title, type, text) of each entity, whose pieces are put together; in order."""
        whole = {}
        for kind, title, continued, text, _ in self.boxes:
            assert continued == (title in whole)
            whole[title] = (kind, whole.get(title, ("", ""))[1] + text)
        return whole


@given(documents(nested=True), st.data())
def test_the_text_stays_and_every_entity_is_a_box_around_its_text(document, data):
    read = Read(mark(document.text, document.entities, LOOKS))
    assert read.text == document.text
    expected = {f"{e.type} [{e.start}, {e.end})": (e.type, document.text_of(e)) for e in document.entities}
    assert read.entities == expected
    start = data.draw(st.integers(0, len(document.text) - 1))
    end = data.draw(st.integers(start + 1, len(document.text)))
    part = Read(mark(document.text[start:end], document.entities, LOOKS, start))
    assert part.text == document.text[start:end]
    named = sum(not continued for _, _, continued, _, _ in part.boxes)
    assert named == sum(start <= e.start < end for e in document.entities)


def test_nothing_in_a_text_a_name_or_a_type_becomes_markup():
    kind = '<img src=x onerror="alert(1)">{0}\''
    document = Document("\"><script>'", "<script>alert(1)</script>&amp;\r\n", (Entity(0, 8, kind),))
    html = fragment_html([document])
    assert not re.search(r"<(?!/?(div|span|b|article|header|p|mark)[ >])", html)
    read = Read(mark(document.text, document.entities, {}))
    assert read.text == document.text and read.boxes[0][0] == kind
    assert set(re.findall(r' ([a-z-]+)="', html)) == {"class", "data-type", "id", "data-t", "title"}


def test_score_and_source_are_in_the_tooltip_and_what_differs_is_outlined():
    found = Entity(0, 2, "LOC", 0.5, "dictionary")
    html = mark("北京上海", (found, Entity(2, 4, "LOC")), LOOKS, outlined={found})
    assert 'title="LOC [0, 2) 0.500, dictionary"' in html
    assert [box[4] for box in Read(html).boxes] == [True, False]


@given(st.data())
def test_a_long_text_is_cut_at_line_ends_outside_of_entities(data):
    size = 3 * PART
    breaks = data.draw(st.lists(st.integers(0, size - 1), max_size=30))
    text = "".join("\n" if i in set(breaks) else "字" for i in range(size))
    starts = data.draw(st.lists(st.integers(0, size - 1), max_size=10))
    lengths = data.draw(st.lists(st.integers(1, PART), min_size=10, max_size=10))
    entities = {Entity(s, min(s + n, size), "X") for s, n in zip(starts, lengths, strict=False)}
    html = document_html(Document("", text, tuple(entities)), LOOKS)
    body = re.search(r'<p class="bmt-text[^>]*>(.*)</p>', html, re.S).group(1)
    read = Read(body)
    assert read.text == text
    assert read.entities == {f"X [{e.start}, {e.end})": ("X", text[e.start : e.end]) for e in entities}
    parts = re.findall(r"<span>(.*?)</span>", body, re.S)
    for part in parts[:-1]:
        assert part.count("<mark") == part.count("</mark") and Read(part).text[PART - 1 :].count("\n") >= 1
        assert Read(part).text.endswith("\n")


def test_an_empty_text_is_drawn():
    assert '<p class="bmt-text"></p>' in document_html(Document("1", ""), LOOKS)


def test_a_notebook_gets_style_counts_and_text_without_a_script():
    document = Document(7, "程晓光在广州", (Entity(0, 3, "PER"), Entity(4, 6, "LOC")))
    html = document._repr_html_()
    assert html.startswith("<style>") and "<script" not in html and ">7</span>" in html
    assert re.findall(r'data-type="(\w+)"><b>\w+</b> <span>(\d)', html) == [("LOC", "1"), ("PER", "1")]
