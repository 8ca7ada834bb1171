"""Silver documents: raw text annotated by jieba's parts of speech and a user's dictionary, without anyone looking.

jieba knows many names of persons and places and few organisations, and cuts where a word ends, not where an entity does: good
for more training text beside annotated documents, at a lower weight, not for scores.
"""

from collections.abc import Iterator
from pathlib import Path

from bert_mrc_theseus.files.reading import read_lines
from bert_mrc_theseus.mrc.word_borders import new_jieba
from bert_mrc_theseus.text.dictionary import Dictionary
from bert_mrc_theseus.text.documents import Document, Entity

from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions

SOURCE = "jieba"
TYPES = {"nr": "PER", "ns": "LOC", "nt": "ORG"}
"""Types of jieba's parts of speech, by their first two letters (nrt: a transliterated name, nsf: a foreign place ...)."""


class Annotator:
    """Annotates texts.

    Args:
        dictionary: its terms are entities, its vetoes hold, and jieba cuts its terms as words.
    """

    def __init__(self, dictionary: Dictionary | None = None):
        # Imported here, since every preprocessing would pay for it.
        import jieba.posseg

        # Tokenizers of our own: a user's jieba settings and these do not change each other.
        words = new_jieba()
        self._dictionary = dictionary
        for term in dictionary.added if dictionary else ():
            words.add_word(term)
        self._tagger = jieba.posseg.POSTokenizer(words)

    def __call__(self, name: str, text: str) -> Document:
        """A silver document.

        Args:
            name: its id.
            text: any.
        """
        entities, position = [], 0
        for pair in self._tagger.cut(text):
            # jieba gives every character back, in order.
            end = position + len(pair.word)
            kind = TYPES.get(pair.flag[:2])
            if kind and len(pair.word) > 1:
                entities.append(Entity(position, end, kind, source=SOURCE))
            position = end
        document = Document(name, text, tuple(entities), silver=True)
        return self._dictionary.apply(document)[0] if self._dictionary else document


def read_silver(
    path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS, dictionary: Dictionary | None = None
) -> Iterator[Document]:
    """Raw text, one document a line; empty lines are skipped."""
    annotate = Annotator(dictionary)
    for number, line in read_lines(path, report.bad_record, options.encoding):
        if line:
            yield annotate(str(number), line)
