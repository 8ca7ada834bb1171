"""Universal NER: a word and a tag a line, with the sentence's text beside them."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from bert_mrc_theseus.preprocess.readers.tagged import Tagged, tagged_documents

from bert_mrc_theseus.text.documents import Document

from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions, source_lines


def read_uner(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """Universal NER: `index<TAB>word<TAB>tag`, `#` comments; the text is that of `# text = ` where the words fit it."""
    yield from tagged_documents(path, _uner_sentences(source_lines(path, options)), report)


def _uner_sentences(lines: Iterable[tuple[int, str]]) -> Iterator[Tagged]:
    text = None
    tokens: list[str] = []
    tags: list[str] = []
    count = start = 0
    for number, line in chain(lines, [(0, "")]):
        if line.startswith("#"):
            text = line.removeprefix("# text = ") if line.startswith("# text = ") else text
        elif line.strip():
            # A line that lacks a column gets a tag that no scheme knows: its sentence is a bad record.
            _, token, tag = ([*line.split("\t"), "", ""])[:3]
            start = start or number
            tokens.append(token)
            tags.append(tag)
        elif tokens:
            count += 1
            yield Tagged(str(count), tokens, tags, start, text)
            text, tokens, tags, start = None, [], [], 0
