"""An exported model on ONNX Runtime that shares all layers: each text is read once, whatever the number of types."""

import numpy as np

from bert_mrc_theseus.engines.engine import UseAnswer, asked_together
from bert_mrc_theseus.engines.graph_engine import BUDGET, GraphEngine, Names
from bert_mrc_theseus.engines.onnx_runtime import CPU, RunGraph
from bert_mrc_theseus.mrc.batch_types import TokenRows
from bert_mrc_theseus.mrc.batching import sorted_batches
from bert_mrc_theseus.mrc.collate import alone, token_rows
from bert_mrc_theseus.mrc.examples import Examples

ANSWERS = 64 * BUDGET
"""Tokens times types that are answered at a time: bounds memory."""


class OnnxTextEngine(GraphEngine[np.ndarray]):
    """Runs the two graphs of a model: the lower one reads texts and queries, the upper one has the heads.

    Args:
        graphs: see `onnx_export.text_graphs`.
        threads, run, source, provider: see `GraphEngine`.

    Raises:
        ModelError: a graph is damaged.
    """

    def __init__(
        self,
        graphs: tuple[bytes, bytes],
        threads: int | None = None,
        run: RunGraph | None = None,
        source: str = "",
        provider: str = CPU,
    ):
        lower = Names(("token_ids", "lengths"), ("context", "query"))
        upper = Names(("context", "query"), ("probabilities",))
        super().__init__(graphs, lower, upper, threads, run, source, provider)
        self._takes = {item.name for item in self._lower.get_inputs()}

    def answer(self, examples: Examples, use: UseAnswer, matches: bool = False) -> None:
        outputs = self._outputs(matches)
        queries = self._read_of(examples)
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

    def _read(self, rows: TokenRows, output: str) -> np.ndarray:
        """What the lower graph gives of some texts, "context" (N, L, H), or of some queries, "query" (N, H)."""
        inputs = {
            **{f"token_{name}": values for name, values in rows.tokens._asdict().items()},
            "lengths": rows.lengths,
        }
        taken = {name: values for name, values in inputs.items() if name in self._takes}
        return self._run(self._lower, taken, [output])[0]

    def _read_queries(self, rows: TokenRows) -> np.ndarray:
        return self._read(rows, "query")
