"""Text on a terminal: control characters, which would steer it, are shown and not obeyed."""

_SHOWN = {code: f"\\u{code:04x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


def shown(text: str) -> str:
    """A text whose control characters, but for line feeds and tabs, are written as JSON escapes them."""
    return text.translate(_SHOWN)
