"""Text on a terminal: control characters, which would steer it, are shown and not obeyed; and no text is markup.

So are the bytes of a file's name that are not UTF-8, which no stream of text can take (Python reads them as U+DC80 to U+DCFF).
"""

from typing import Any

from rich.console import Console
from rich.text import Text

from bert_mrc_theseus.language.translation import translated

_SHOWN = {
    code: f"\\u{code:04x}"
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000))
    if chr(code) not in "\n\t"
}


def shown(text: str) -> str:
    """A text in which control characters, but for line feeds and tabs, and halves of characters stand as JSON escapes them."""
    return text.translate(_SHOWN)


class PlainConsole(Console):
    """What commands print to: names of types, files and folders stand there as they are, in lines and tables.

    Args:
        options: of `rich.console.Console`.
    """

    def __init__(self, **options: Any):
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def say(self, message: str, **options: Any) -> None:
        """Prints a message in the language of this process.

        Args:
            message: in English, filled.
            options: of `print`.
        """
        self.print(translated(message), **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(shown(text), **options)
