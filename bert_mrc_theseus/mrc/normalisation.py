"""One form of characters that look alike, code point by code point, for what looks words up."""

import unicodedata

REPLACEMENT = "\ufffd"


class _Forms(dict[int, str]):
    """The form of each code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        form = unicodedata.normalize("NFKC", char)
        self[code] = REPLACEMENT if "\ud800" <= char <= "\udfff" else form if len(form) == 1 else char
        return self[code]


_forms = _Forms()


def normalised(text: str) -> str:
    """The text in NFKC as far as it keeps its length: what would become several code points, or none, stays as it is.

    Halves of surrogate pairs, which libraries refuse, become U+FFFD.

    Example:
        >>> from bert_mrc_theseus.mrc.normalisation import normalised
        >>> normalised("ＡＢＣ　２４…")
        'ABC 24…'
    """
    return text.translate(_forms)
