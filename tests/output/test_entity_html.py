"""Entities marked in HTML."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.output.entity_html import colour_of, document_html, lanes, mark_html, page_start
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.strategies import TYPES, documents

COLOURS = colour_of(TYPES)


def text_of(html):
    without_tags = re.sub(r'<b class="tag".*?</b>', "", html)
    return unescape(re.sub(r"<[^>]*>", "", without_tags))


@given(documents(nested=True), st.data())
def test_the_text_stays_and_every_entity_in_it_is_named_once(document, data):
    html = mark_html(document.text, document.entities, COLOURS)
    assert text_of(html) == document.text
    assert html.count('class="tag"') == len(document.entities)
    start = data.draw(st.integers(0, len(document.text) - 1))
    end = data.draw(st.integers(start + 1, len(document.text)))
    part = mark_html(document.text[start:end], document.entities, COLOURS, start)
    assert text_of(part) == document.text[start:end]
    assert part.count('class="tag"') == sum(start <= e.start < end for e in document.entities)


@given(documents(nested=True))
def test_entities_on_one_line_do_not_overlap(document):
    placed = lanes(document.entities)
    assert sorted(entity for _, entity in placed) == list(document.entities)
    for i, (lane, a) in enumerate(placed):
        for other, b in placed[:i]:
            assert lane != other or b.end <= a.start or a.end <= b.start


def test_nothing_in_a_text_becomes_markup():
    document = Document('"><script>', "<script>alert(1)</script>", (Entity(0, 8, "<b>"),))
    html = page_start(["<b>"]) + document_html(document, {})
    assert "<script>" not in html and "&lt;b&gt;" in html


def test_score_and_source_are_in_the_tooltip():
    html = mark_html("北京", (Entity(0, 2, "LOC", 0.5, "dictionary"),), COLOURS)
    assert 'title="LOC [0, 2) 0.500, dictionary"' in html
