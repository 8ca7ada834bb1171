"""Cutting a text into windows that fit the encoder, and joining what was predicted for them.

A window ends at a sentence end if there is one in its second half; the next one starts right there. Otherwise it is cut at a
clause border, else at a word border, else anywhere, and the next window starts `overlap` characters earlier, so that an
entity at the cut is seen whole by one of the two. Each window says which part of it is kept, and the kept parts tile the
text: nothing is dropped and nothing counted twice.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bert_mrc_theseus.mrc.word_borders import WordBorders, jieba_borders

SENTENCE_ENDS = frozenset("。！？!?；;…\n\r\u2028\u2029")
CLOSING = frozenset("”’」』）)】》〉\"'")
CLAUSE_ENDS = frozenset("，,、：: \t\u3000")


@dataclass(frozen=True, slots=True)
class WindowSize:
    """How texts are cut for a model, in characters: see `cut_windows`. Saved with the model."""

    size: int = 254
    overlap: int = 64


@dataclass(frozen=True, slots=True)
class Window:
    """A slice `[start, end)` of a text that is read in one pass, of which `[keep_start, keep_end)` is used.

    `joined` says that the window before it was cut inside a sentence: the two are decoded as one.
    """

    start: int
    end: int
    keep_start: int
    keep_end: int
    joined: bool = False


def cut_windows(text: str, size: int, overlap: int, word_borders: WordBorders | None = None) -> tuple[Window, ...]:
    """All windows of a text, see `windows_of`."""
    return tuple(windows_of(text, size, overlap, word_borders))


def windows_of(text: str, size: int, overlap: int, word_borders: WordBorders | None = None) -> Iterator[Window]:
    """Cuts a text into windows of at most `size` characters. What a window is depends on the text from its start on alone.

    Args:
        text: any text; an empty one has no windows.
        size: largest number of characters of a window.
        overlap: characters that two windows share where a sentence had to be cut.
        word_borders: gives the offsets of word starts in a text, for cuts inside a clause; by default jieba's.

    Raises:
        ValueError: not 0 <= 2 * overlap < size.
    """
    if not 0 <= 2 * overlap < size:
        raise ValueError(f"windows need 0 <= 2 * overlap < size. Received: size={size}, overlap={overlap}")
    start = keep_start = 0
    joined = False
    while start < len(text):
        end, clean = _end_of_window(text, start, size, word_borders or jieba_borders)
        if end == len(text) or clean:
            yield Window(start, end, keep_start, end, joined)
            start = keep_start = end
            joined = False
        else:
            seam = end - overlap // 2
            yield Window(start, end, keep_start, seam, joined)
            start, keep_start, joined = end - overlap, seam, True


def _end_of_window(text: str, start: int, size: int, word_borders: WordBorders) -> tuple[int, bool]:
    """End of the window that starts at `start`, and whether it is a sentence end."""
    limit = start + size
    if limit >= len(text):
        return len(text), True
    earliest = start + size // 2
    for end in range(limit, earliest, -1):
        if _is_sentence_end(text, end):
            return end, True
    for end in range(limit, earliest, -1):
        if text[end - 1] in CLAUSE_ENDS:
            return end, False
    # A word that crosses the limit must be seen whole to be recognised, hence the look beyond it.
    borders = word_borders(text[earliest : limit + 16])
    inside = [border for border in borders if 0 < border <= limit - earliest]
    return (earliest + inside[-1] if inside else limit), False


def _is_sentence_end(text: str, end: int) -> bool:
    """True if a sentence ends right before `end`; a run of end marks and closing quotes is never cut."""
    if text[end] in SENTENCE_ENDS or text[end] in CLOSING:
        return False
    last = end - 1
    while last >= 0 and text[last] in CLOSING:
        last -= 1
    return last >= 0 and text[last] in SENTENCE_ENDS


def joined_runs(windows: Iterable[Window]) -> list[list[int]]:
    """Indices of windows grouped into runs that are decoded together (see `Window.joined`)."""
    runs: list[list[int]] = []
    for index, window in enumerate(windows):
        if window.joined:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def clipped(windows: tuple[Window, ...], spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans that no window holds whole, sorted. `windows` are those of one text, in order."""
    ends = [window.end for window in windows]
    lost = []
    for start, end in sorted(spans):
        # The first window that reaches the span's end starts earlier than every other window that does.
        first = bisect_left(ends, end)
        if first == len(windows) or windows[first].start > start:
            lost.append((start, end))
    return lost
