"""Words with their classes, from dictionaries of others and from a user's: what a lexicon is built of.

A class says what a word names. The dictionaries are rough (jieba calls 二维地震 a person), hence they are features of a model's
input, with each list's own, and no entities.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bert_mrc_theseus.errors import DataError, UsageError, printable
from bert_mrc_theseus.files.reading import decode_lines, read_lines
from bert_mrc_theseus.text.dictionary import read_dictionary

CLASSES = ("person", "place", "organisation", "other name", "word")
PERSON, PLACE, ORGANISATION, OTHER_NAME, WORD = range(len(CLASSES))

JIEBA = "jieba"
"""The source that comes with its library."""

NONE = "none"
"""Stands for no source at all."""

LONGEST = 12
"""Characters; longer words are left out."""

JIEBA_NOTICE = "jieba, dict.txt; MIT License, Copyright (c) 2013 Sun Junyi"
HANLP_NOTICE = "HanLP 1.x, data/dictionary; Apache License 2.0, Copyright hankcs (https://github.com/hankcs/HanLP)"
TERMS_NOTICE = "the user's own terms"

TAG_CLASSES = {"nr": PERSON, "ns": PLACE, "nt": ORGANISATION, "nis": ORGANISATION, "nz": OTHER_NAME}
"""Classes of parts of speech by how their tags begin, in jieba and in HanLP (nrf: a transliterated name, nis: a suffix of
organisations ...); all others are of words."""

HANLP_TAGS = {"人名词典": "nr", "nrf": "nrf", "全国地名大全": "ns", "机构名词典": "nt"}
"""Tags of words that have none, by the list's name; in other lists they are words."""

TYPE_CLASSES = {
    **dict.fromkeys(("PER", "PERSON", "NAME"), PERSON),
    **dict.fromkeys(("LOC", "LOCATION", "GPE", "ADDRESS", "SCENE"), PLACE),
    **dict.fromkeys(("ORG", "ORGANIZATION", "COMPANY", "GOVERNMENT"), ORGANISATION),
}
"""Classes of entity types, in capitals and up to a full stop (PER.NAM); those of other types are other names."""


@dataclass(frozen=True)
class WordList:
    """Words of one source.

    Attributes:
        name: of the source.
        notice: whose they are and under which licence, to be kept with what is built of them.
        words: their classes, a bit each: `1 << PERSON | 1 << PLACE` for a word that is both.
        left_out: words longer than `LONGEST`, which are not among them.
    """

    name: str
    notice: str
    words: Mapping[str, int]
    left_out: int = 0


def sources_of(lexicon: str) -> list[str]:
    """The names of a lexicon's sources, see `word_list`.

    Args:
        lexicon: names separated by commas; "none" or "": there are none.

    Raises:
        UsageError: a source is not there, or named twice.
    """
    if lexicon in ("", NONE):
        return []
    names = [name.strip() for name in lexicon.split(",")]
    for name in names:
        if name != JIEBA and not os.path.exists(name):
            raise UsageError(
                f"no lexicon {printable(name)!r}: it is {JIEBA}, a folder of word lists, a file of terms, or {NONE}"
            )
        if names.count(name) > 1:
            raise UsageError(f"each lexicon can be named once. Received: {lexicon!r}")
    return names


def word_list(name: str) -> WordList:
    """Words by the name of their source.

    Args:
        name: "jieba"; or a folder, see `hanlp_words`; or a file, see `term_words`.

    Raises:
        DataError: there is no such source, or a list is not of its form.
    """
    if name == JIEBA:
        return jieba_words()
    if Path(name).is_dir():
        return hanlp_words(name)
    return term_words(name)


def jieba_words() -> WordList:
    """jieba's own dictionary; of its single characters those that are names alone."""
    # Imported here, since prediction does without.
    import jieba

    with jieba.get_dict_file() as stream:
        lines = (line.split() for _, line in decode_lines(stream, "dict.txt"))
        pairs = ((word, _class_of_tag(tag)) for word, _, tag in lines)
        return _word_list("jieba", JIEBA_NOTICE, (p for p in pairs if len(p[0]) > 1 or p[1] < OTHER_NAME))


def hanlp_words(folder: str | Path) -> WordList:
    """The lists in a folder, in HanLP's form: a line is `word`, or `word tag count [tag count ...]`.

    The first tag counts, which is the most frequent. Single characters are left out.

    Args:
        folder: with files `*.txt` or `*.txt.gz`, all of which are read.

    Raises:
        DataError: there is no such list, or a line is of another form.
    """
    folder = Path(folder)
    files = sorted(path for path in folder.glob("*.txt*") if path.name.endswith((".txt", ".txt.gz")))
    if not files:
        raise DataError("no word lists", folder, hint="lists in HanLP's form are named *.txt or *.txt.gz")
    pairs = (pair for path in files for pair in _hanlp_pairs(path))
    return _word_list("hanlp", HANLP_NOTICE, (pair for pair in pairs if len(pair[0]) > 1))


def term_words(path: str | Path) -> WordList:
    """A user's dictionary, `term<TAB>class or entity type` a line, see `text.dictionary`; its vetoes are no words.

    Raises:
        DataError: see `read_dictionary`; or there are no terms.
    """
    terms = read_dictionary(path).added
    if not terms:
        raise DataError("no terms", path, hint=f"a line is term<TAB>class or type; classes: {', '.join(CLASSES)}")
    return _word_list("terms", TERMS_NOTICE, ((term, _class_of_type(kind)) for term, kind in terms.items()))


def _word_list(name: str, notice: str, pairs: Iterable[tuple[str, int]]) -> WordList:
    words: dict[str, int] = {}
    left_out = set()
    for word, kind in pairs:
        if len(word) > LONGEST:
            left_out.add(word)
        else:
            words[word] = words.get(word, 0) | 1 << kind
    return WordList(name, notice, words, len(left_out))


def _hanlp_pairs(path: Path) -> Iterator[tuple[str, int]]:
    default = HANLP_TAGS.get(path.name.removesuffix(".gz").removesuffix(".txt"), "n")
    for number, line in read_lines(path):
        word, *tags = line.split() or [""]
        if len(tags) % 2 or not all(count.isdecimal() for count in tags[1::2]):
            raise DataError(f"not a line of a word list: {line[:60]!r}", path, number, "word, or word tag count ...")
        if word:
            yield word, _class_of_tag(tags[0] if tags else default)


def _class_of_tag(tag: str) -> int:
    return TAG_CLASSES.get(tag[:2], TAG_CLASSES.get(tag, WORD))


def _class_of_type(kind: str) -> int:
    if kind in CLASSES:
        return CLASSES.index(kind)
    return TYPE_CLASSES.get(kind.partition(".")[0].upper(), OTHER_NAME)
