"""A page of documents with their entities marked, and pages of other kinds; a page needs no other file."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bert_mrc_theseus.drawing.assets import script, style
from bert_mrc_theseus.drawing.colours import looks_of
from bert_mrc_theseus.drawing.marking import document_html, legend_html
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


def render(template: str, **values: Any) -> str:
    """A page from one of the templates, which are also given the style and the script of marked text; everything that is not
    `Markup` is escaped.

    Raises:
        jinja2.UndefinedError: the template needs a value that is not given.
    """
    environment = Environment(
        loader=PackageLoader("bert_mrc_theseus.output"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template)
    return page.render(style=Markup(style()), script=Markup(script()), **values).lstrip()


def html_head(schema: Schema | None) -> str:
    """The beginning of the page; its legend has the schema's types; see `write.FileFormat`."""
    return render("documents.html.j2", legend=Markup(legend_html(looks_of(_types(schema)))))


def html_record(document: Document, number: int, schema: Schema | None) -> tuple[str, int]:
    """One document of the page; see `write.FileFormat`."""
    return document_html(document, looks_of(_types(schema))), 0


def _types(schema: Schema | None) -> tuple[str, ...]:
    return () if schema is None else schema.names
