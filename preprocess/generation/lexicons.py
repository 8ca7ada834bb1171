"""More names for a grammar, of word lists in HanLP's form (`word`, or `word tag count ...` a line) that lie in a folder.

The lists are rough (唐律师 is a person there), hence only words that look like names of their kind are taken. They are read
when sentences are made and are not part of this project.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.reading import read_lines
from bert_mrc_theseus.text.word_lists import HANLP_NOTICE

NOTICE = HANLP_NOTICE


@dataclass(frozen=True)
class Wanted:
    """What a symbol gets of a list.

    Attributes:
        symbol: of the grammar.
        words: the list's name.
        form: what the whole word looks like.
        tag: the word's first tag, if it has to have one.
    """

    symbol: str
    words: str
    form: re.Pattern[str]
    tag: str = ""


_HAN = "[一-鿿]"
_PLACES, _ORGANISATIONS, _FOREIGN = "全国地名大全", "机构名词典", "nrf"

WANTED = (
    Wanted("county", _PLACES, re.compile(f"{_HAN}{{2}}县")),
    Wanted("town", _PLACES, re.compile(f"{_HAN}{{2,3}}[镇乡]")),
    Wanted("village", _PLACES, re.compile(f"{_HAN}{{2,3}}村")),
    Wanted("subdistrict", _PLACES, re.compile(f"{_HAN}{{2}}街道")),
    Wanted("city_shi", _PLACES, re.compile(f"{_HAN}{{2,3}}市")),
    Wanted("transliterated", _FOREIGN, re.compile(f"{_HAN}{{2,5}}")),
    Wanted("university", _ORGANISATIONS, re.compile(f"{_HAN}{{2,10}}(大学|学院)"), "ntu"),
    Wanted("hospital", _ORGANISATIONS, re.compile(f"{_HAN}{{2,12}}医院"), "nth"),
    Wanted("school", _ORGANISATIONS, re.compile(f"{_HAN}{{2,10}}[中小]学"), "nts"),
    Wanted("company", _ORGANISATIONS, re.compile(f"{_HAN}{{4,14}}(公司|集团)"), "ntc"),
)
"""Which words become which symbols."""


def lexicon_names(folder: str | Path) -> dict[str, list[str]]:
    """Names by the symbol that they are for, each once, in the order of their list.

    Args:
        folder: with the lists that `WANTED` names, `*.txt` or `*.txt.gz`; other files in it are left alone.

    Raises:
        DataError: a list is not there.
    """
    names: dict[str, dict[str, None]] = {wanted.symbol: {} for wanted in WANTED}
    for name in dict.fromkeys(wanted.words for wanted in WANTED):
        wanted_here = [wanted for wanted in WANTED if wanted.words == name]
        for word, tag in _words(Path(folder), name):
            for wanted in wanted_here:
                if wanted.tag in ("", tag) and wanted.form.fullmatch(word):
                    names[wanted.symbol][word] = None
    return {symbol: list(words) for symbol, words in names.items()}


def _words(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """The words of a list, with their first tag or nothing."""
    for path in (folder / f"{name}.txt", folder / f"{name}.txt.gz"):
        if path.is_file():
            for _, line in read_lines(path):
                word, tag, *_ = [*line.split(), "", ""]
                yield word, tag
            return
    raise DataError(f"{name}.txt (or .gz) is not there", folder, hint="the word lists of HanLP 1.x, data/dictionary")
