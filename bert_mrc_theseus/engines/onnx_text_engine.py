"""An exported model on ONNX Runtime that shares all layers: each text is read once, whatever the number of types."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from bert_mrc_theseus.engines.engine import UseAnswer, asked_together, no_match_head
from bert_mrc_theseus.engines.onnx_engine import BUDGET
from bert_mrc_theseus.engines.onnx_runtime import RunGraph, open_session, run_graph
from bert_mrc_theseus.engines.thread_pool import ThreadPool, available_cores
from bert_mrc_theseus.model_files.model_folder import GRAPH_FILES
from bert_mrc_theseus.mrc.batch_types import TokenRows
from bert_mrc_theseus.mrc.batching import sorted_batches
from bert_mrc_theseus.mrc.collate import alone, token_rows
from bert_mrc_theseus.mrc.examples import Examples

ANSWERS = 64 * BUDGET
"""Tokens times types that are answered at a time: bounds memory."""

Result = TypeVar("Result")


class OnnxTextEngine:
    """Runs the two graphs of a model: the lower one reads texts and queries, the upper one has the heads.

    Each thread runs a batch of its own on one core; several cores on one batch would wait for each other after every operator.

    Args:
        graphs: the lower and the upper graph, serialised, see `onnx_export.text_graphs`.
        threads: by default as many as this process has cores.
        run: runs a graph: session, inputs and names of outputs -> outputs.
        source: the folder that the graphs are from, for messages.

    Raises:
        ModelError: a graph is damaged.
    """

    def __init__(
        self,
        graphs: tuple[bytes, bytes],
        threads: int | None = None,
        run: RunGraph | None = None,
        source: str = "",
    ):
        lower, upper = (str(Path(source, name)) for name in GRAPH_FILES)
        self._lower = open_session(graphs[0], lower, ("token_ids", "lengths"), ("context", "query"))
        self._upper = open_session(graphs[1], upper, ("context", "query"), ("probabilities",))
        self._takes = {item.name for item in self._lower.get_inputs()}
        self._run = run or partial(run_graph, source=source)
        self._pool = ThreadPool(threads or available_cores())
        self._queries: tuple[tuple[bytes, ...], np.ndarray] | None = None

    def answer(self, examples: Examples, use: UseAnswer, matches: bool = False) -> None:
        outputs = ["probabilities", "matches"] if matches else ["probabilities"]
        if matches and "matches" not in {output.name for output in self._upper.get_outputs()}:
            raise no_match_head()
        queries = self._query_vectors(examples)
        asked_windows = np.flatnonzero(examples.is_asked.any(axis=1))
        lengths = examples.context_lengths(asked_windows)
        batches = [asked_windows[rows] for rows in sorted_batches(lengths, BUDGET)[::-1]]

        def run(windows: np.ndarray) -> None:
            contexts = [alone(examples, examples.contexts[window]) for window in windows]
            states = self._read(token_rows(contexts, examples.pad), "context")
            for rows, asked in asked_together(examples.is_asked[windows]):
                chosen = np.arange(len(windows)) if rows is None else rows
                types = np.flatnonzero(asked)
                tokens = len(chosen) * states.shape[1]
                for part in np.array_split(types, max(1, -(-len(types) * tokens // ANSWERS))):
                    inputs = {"context": states if rows is None else states[rows], "query": queries[part]}
                    ends, *pairs = self._run(self._upper, inputs, outputs)
                    for row, window in enumerate(windows[chosen]):
                        inside = slice(1, 1 + len(examples.contexts[window].ids))
                        matched = pairs[0][row, :, inside, inside] if pairs else None
                        use(int(window), part, ends[row, :, inside], matched)

        self._pool.for_each(run, batches)

    def submit(self, function: Callable[..., Result], *arguments: object) -> Future[Result]:
        return self._pool.submit(function, *arguments)

    def close(self) -> None:
        self._pool.close()

    def _read(self, rows: TokenRows, output: str) -> np.ndarray:
        """What the lower graph gives of some texts, "context" (N, L, H), or of some queries, "query" (N, H)."""
        inputs = {
            **{f"token_{name}": values for name, values in rows.tokens._asdict().items()},
            "lengths": rows.lengths,
        }
        taken = {name: values for name, values in inputs.items() if name in self._takes}
        return self._run(self._lower, taken, [output])[0]

    def _query_vectors(self, examples: Examples) -> np.ndarray:
        """What the upper graph takes of the queries, computed when other queries were asked before."""
        key = tuple(values.tobytes() for tokens in examples.queries for values in tokens if values is not None)
        known = self._queries
        if known is None or known[0] != key:
            known = self._queries = (key, self._read(token_rows(examples.queries, examples.pad), "query"))
        return known[1]
