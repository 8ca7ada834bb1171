"""What runs a model: the seam between it and everything that asks for probabilities.

An engine answers pairs of window and type; what is made of its answers is `decoding`'s business. A text's answer does not
depend on what else is in its batch, but for rounding: in int8 a last digit may tip a step of 1/255.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

import numpy as np

from bert_mrc_theseus.engines.thread_pool import ThreadPool
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.mrc.batch_types import Batch
from bert_mrc_theseus.mrc.batching import by_window, sorted_batches
from bert_mrc_theseus.mrc.collate import collate, collate_texts
from bert_mrc_theseus.mrc.examples import Examples

Result = TypeVar("Result")

UseAnswer = Callable[[int, np.ndarray, np.ndarray, np.ndarray | None], None]
"""Takes the answer for a window of l characters and t of its types: the window, the types (t,), probabilities of starts and
ends (t, l, 2), and of pairs of first and last character (t, l, l) if matches were asked for."""


class Engine(Protocol):
    """What runs a model.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> spec, engine = bmt.engines.load_engine("run/stage2/best")
        >>> examples = spec.examples([bmt.Document("1", "不了的李明")])
        >>> engine.answer(examples, lambda window, types, ends, matches: print(window, ends.shape[1:]))  # doctest: +ELLIPSIS
        0 (5, 2)...
        >>> engine.close()
    """

    def answer(self, examples: Examples, use: UseAnswer, matches: bool = False) -> None:
        """Hands the probabilities of every pair that is asked to `use`, each once, in any order, from several threads.

        Args:
            examples: pairs that are not asked (`Examples.is_asked`) are not computed.
            use: see `UseAnswer`.
            matches: also the match head's probabilities.

        Raises:
            ModelError: matches are asked of a model that has no match head.
        """
        ...

    def submit(self, function: Callable[..., Result], *arguments: object) -> Future[Result]:
        """Runs a function on a thread of the engine."""
        ...

    def close(self) -> None:
        """Ends the engine's threads; an engine that is forgotten ends them too."""
        ...


def no_match_head() -> ModelError:
    """The error of an engine that is asked for matches in vain."""
    return ModelError("the model has no match head, which nested decoding needs: train the predecessor with --match")


def asked_together(is_asked: np.ndarray) -> list[tuple[np.ndarray | None, np.ndarray]]:
    """Contexts of which the same types are asked, as rows (None: all of them), and whether each type is: bool (T,)."""
    patterns, pattern_of = np.unique(is_asked, axis=0, return_inverse=True)
    if len(patterns) == 1:
        return [(None, patterns[0])]
    return [(np.flatnonzero(pattern_of.reshape(-1) == i), pattern) for i, pattern in enumerate(patterns)]


class BatchEngine:
    """An engine that runs a model on batches of pairs.

    Args:
        run: maps a batch to probabilities of starts and ends (B, L, 2).
        run_matches: maps it to these and to probabilities of pairs (B, L, L); None: the model has no match head.
        budget: tokens of a batch that suit it.
    """

    def __init__(
        self,
        run: Callable[[Any], np.ndarray],
        run_matches: Callable[[Any], tuple[np.ndarray, np.ndarray]] | None = None,
        budget: int = 4096,
    ):
        self.run, self.run_matches = run, run_matches
        self._budget = budget
        self._pool = ThreadPool(1)

    def answer(self, examples: Examples, use: UseAnswer, matches: bool = False) -> None:
        for pairs in self._batches(examples):
            batch = (collate_texts if examples.apart else collate)(examples, pairs)
            ends, matched = self._probabilities(batch, matches)
            for row, (window, type_index) in enumerate(pairs):
                first = len((examples.cls if examples.apart else examples.queries[type_index]).ids)
                inside = slice(first, first + len(examples.contexts[window].ids))
                pair = None if matched is None else matched[row : row + 1, inside, inside]
                use(int(window), np.array([type_index]), ends[row : row + 1, inside], pair)

    def _batches(self, examples: Examples) -> Iterator[np.ndarray]:
        """All pairs that are asked, (B, 2) of (window, type)."""
        pairs = examples.all_pairs()
        if not examples.apart:
            yield from (pairs[rows] for rows in sorted_batches(examples.lengths(pairs), self._budget))
            return
        windows, groups = by_window(pairs)
        for rows in sorted_batches(examples.context_lengths(windows), self._budget):
            yield np.concatenate([groups[row] for row in rows])

    def _probabilities(self, batch: Batch, matches: bool) -> tuple[np.ndarray, np.ndarray | None]:
        if not matches:
            return self.run(batch), None
        if self.run_matches is None:
            raise no_match_head()
        return self.run_matches(batch)

    def submit(self, function: Callable[..., Result], *arguments: object) -> Future[Result]:
        return self._pool.submit(function, *arguments)

    def close(self) -> None:
        self._pool.close()
