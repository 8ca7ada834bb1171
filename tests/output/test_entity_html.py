"""The page of documents."""

import re

from bert_mrc_theseus.output.entity_html import html_head, html_record
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.schema import EntityType, Schema


def test_a_page_needs_no_other_file():
    page = html_head(None)
    assert page.startswith("<!doctype html>") and not re.search(r'(src|href)="|@import|url\(', page)


def test_nothing_in_a_text_becomes_markup():
    kind, document = "<b>", Document('"><script>', "<script>alert(1)</script>", (Entity(0, 8, "<b>"),))
    schema = Schema((EntityType(kind, "?"),))
    html = html_head(schema).split("</head>")[1] + html_record(document, 0, schema)[0]
    assert "<script" not in html and "&lt;b&gt;" in html
