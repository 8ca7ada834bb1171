"""An exported model on ONNX Runtime that reads query and context together. No TensorFlow, and a fast start."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bert_mrc_theseus.engines.engine import UseAnswer, asked_together
from bert_mrc_theseus.engines.graph_engine import BUDGET, GraphEngine, Names
from bert_mrc_theseus.engines.onnx_runtime import CPU, RunGraph
from bert_mrc_theseus.mrc.batch_types import TokenRows, joined
from bert_mrc_theseus.mrc.batching import sorted_batches
from bert_mrc_theseus.mrc.collate import token_rows
from bert_mrc_theseus.mrc.examples import Examples

STATES = ("hidden", "q", "k", "v")
"""What the lower graph gives and the upper one takes: hidden states (N, L, H), and the next layer's queries
(N, heads, L, H/heads), keys (N, heads, H/heads, L) and values (N, heads, L, H/heads)."""

ROUND = 64
"""Batches of contexts whose states are kept at a time: bounds memory (their states are 1.5 kB a token and more)."""

States = tuple[np.ndarray, ...]


class OnnxEngine(GraphEngine[States]):
    """Runs the two graphs of a model: each context through the lower one once, then every pair through the upper one.

    Args:
        graphs, threads, run, source, provider: see `GraphEngine`.
        context_position: see `SharedContext`.

    Raises:
        ModelError: a graph is damaged.
    """

    def __init__(
        self,
        graphs: tuple[bytes, bytes],
        context_position: int,
        threads: int | None = None,
        run: RunGraph | None = None,
        source: str = "",
        provider: str = CPU,
    ):
        lower = Names(("lengths", "first_position", "token_type"), STATES)
        upper = Names(("context.lengths", "query.lengths"), ("probabilities",))
        super().__init__(graphs, lower, upper, threads, run, source, provider)
        self._context_position = context_position

    def answer(self, examples: Examples, use: UseAnswer, matches: bool = False) -> None:
        outputs = self._outputs(matches)
        query_states = self._read_of(examples)
        query_lengths = np.array([len(tokens.ids) for tokens in examples.queries], np.int32)
        by_length = np.argsort(query_lengths, kind="stable")
        # A context ends with a [SEP], which is no part of the window.
        lengths = np.array([len(tokens.ids) + 1 for tokens in examples.contexts], np.int32)
        asked_windows = np.flatnonzero(examples.is_asked.any(axis=1))
        batches = [asked_windows[rows] for rows in sorted_batches(lengths[asked_windows], BUDGET)[::-1]]
        for first in range(0, len(batches), ROUND):
            group = batches[first : first + ROUND]
            states: list[States] = [()] * len(group)

            def read(number: int, group: Sequence[np.ndarray] = group, states: list[States] = states) -> None:
                contexts = [joined(examples.contexts[window], examples.sep) for window in group[number]]
                states[number] = self._read(token_rows(contexts, examples.pad), self._context_position, 1)

            def upper(task: _Task, group: Sequence[np.ndarray] = group, states: list[States] = states) -> None:
                number, rows, types = task
                windows, contexts = group[number], states[number]
                if rows is not None:
                    windows = windows[rows]
                    contexts = _take(contexts, rows, int(lengths[windows].max()))
                queries = _take(query_states, types, int(query_lengths[types].max()))
                inputs = {
                    **_named("context.", contexts, lengths[windows]),
                    **_named("query.", queries, query_lengths[types]),
                }
                ends, *pairs = self._run(self._upper, inputs, outputs)
                for row, window in enumerate(windows):
                    length = lengths[window] - 1
                    matched = pairs[0][row, :, :length, :length] if pairs else None
                    use(int(window), types, ends[row, :, :length], matched)

            self._pool.for_each(read, range(len(group)))
            tasks = [
                _Task(number, rows, types)
                for number, windows in enumerate(group)
                for rows, asked in asked_together(examples.is_asked[windows])
                for types in _chunks(
                    by_length[asked[by_length]],
                    query_lengths,
                    lengths[windows if rows is None else windows[rows]],
                    len(group),
                    self._threads,
                )
            ]
            self._pool.for_each(upper, tasks)

    def _read(self, rows: TokenRows, first_position: int, token_type: int) -> States:
        """States of some contexts, or of some queries."""
        inputs = {
            "token_ids": rows.tokens.ids,
            "lengths": rows.lengths,
            "first_position": np.array(first_position, np.int32),
            "token_type": np.array(token_type, np.int32),
        }
        return tuple(self._run(self._lower, inputs, STATES))

    def _read_queries(self, rows: TokenRows) -> States:
        return self._read(rows, 0, 0)


class _Task(NamedTuple):
    """A run of the upper graph: some contexts of a batch (None: all) with some types."""

    batch: int
    rows: np.ndarray | None
    types: np.ndarray


def _take(states: States, rows: np.ndarray, length: int) -> States:
    """Some rows of states, cut to a length."""
    hidden, q, k, v = (values[rows] for values in states)
    return hidden[:, :length], q[:, :, :length], k[..., :length], v[:, :, :length]


def _named(part: str, states: States, lengths: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{part}lengths": lengths, **{part + name: value for name, value in zip(STATES, states, strict=True)}}


def _chunks(
    by_length: np.ndarray, query_lengths: np.ndarray, context_lengths: np.ndarray, batches: int, threads: int
) -> list[np.ndarray]:
    """Types, as they go together with a batch of contexts: few enough for `BUDGET`, and a chunk at least for each thread."""
    rows = len(context_lengths) * (int(context_lengths.max()) + int(query_lengths[by_length].max()))
    parts = max(-(-len(by_length) * rows // BUDGET), -(-threads // batches))
    return np.array_split(by_length, min(parts, len(by_length)))
