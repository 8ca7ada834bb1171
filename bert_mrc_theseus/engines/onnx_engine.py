"""The ONNX engine: an exported model on ONNX Runtime. No TensorFlow, and a fast start."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from bert_mrc_theseus.decoding.spans import Thresholds, nested_spans
from bert_mrc_theseus.engines.engine import NO_MATCH_HEAD, Span, empty_probabilities, in_threads
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files import atomic_folder
from bert_mrc_theseus.mrc.batching import sorted_batches
from bert_mrc_theseus.mrc.examples import Examples, padded

LOWER, UPPER = "lower.onnx", "upper.onnx"
"""Files of the two graphs, see `onnx_graph`."""

STATES = ("hidden", "q", "k", "v")
"""What the lower graph gives and the upper one takes: hidden states (N, L, H), and the next layer's queries
(N, heads, L, H/heads), keys (N, heads, H/heads, L) and values (N, heads, L, H/heads)."""

BUDGET = 384
"""Tokens of a batch: its hidden states stay in a core's cache."""

ROUND = 64
"""Batches of contexts whose states are kept at a time: bounds memory (their states are 1.5 kB a token and more)."""

States = tuple[np.ndarray, ...]


class OnnxEngine:
    """Runs the two graphs of a model: each context through the lower one once, then every pair through the upper one.

    Each worker runs a batch of its own on one core; several cores on one batch would wait for each other after every operator.

    Args:
        graphs: the lower and the upper graph, serialised.
        context_position: see `Sharing`.
        workers: by default as many as this process has cores.

    Raises:
        ModelError: a graph is damaged.
    """

    def __init__(self, graphs: tuple[bytes, bytes], context_position: int, workers: int | None = None):
        self._lower, self._upper = (open_session(graph) for graph in graphs)
        self._context_position = context_position
        self._workers = workers or available_cores()
        self._queries: tuple[tuple[bytes, ...], States] | None = None

    def __call__(self, examples: Examples) -> list[np.ndarray]:
        found = empty_probabilities(examples)

        def use(window: int, kinds: np.ndarray, ends: np.ndarray) -> None:
            found[window][kinds] = ends * examples.asked[window, kinds, None, None]

        self._answer_all(examples, ["probabilities"], use)
        return found

    def spans(self, examples: Examples, thresholds: Thresholds) -> list[list[Span]]:
        if "matches" not in {output.name for output in self._upper.get_outputs()}:
            raise ModelError(NO_MATCH_HEAD)
        found: list[list[Span]] = [[] for _ in examples.contexts]

        def use(window: int, kinds: np.ndarray, ends: np.ndarray, matches: np.ndarray) -> None:
            length = ends.shape[1]
            for kind, mine, pairs in zip(kinds, ends, matches, strict=True):
                if not examples.asked[window, kind]:
                    continue
                spans = nested_spans(mine, pairs[:length, :length], thresholds)
                found[window] += [(int(kind), *span) for span in spans]

        self._answer_all(examples, ["probabilities", "matches"], use)
        return found

    def _answer_all(self, examples: Examples, outputs: Sequence[str], use: Callable[..., None]) -> None:
        """Runs everything; `use` gets a window, some types, and for these the outputs, cut to the window's length."""
        query_states = self._query_states(examples.queries)
        query_lengths = np.array([len(ids) for ids in examples.queries], np.int32)
        by_length = np.argsort(query_lengths, kind="stable")
        # A context ends with a [SEP], which is no part of the window.
        lengths = np.array([len(ids) + 1 for ids in examples.contexts], np.int32)
        batches = sorted_batches(lengths, BUDGET)[::-1]
        for first in range(0, len(batches), ROUND):
            part = batches[first : first + ROUND]
            states: list[States] = [()] * len(part)

            def read(number: int, part: Sequence[np.ndarray] = part, states: list[States] = states) -> None:
                contexts = [np.append(examples.contexts[window], examples.sep) for window in part[number]]
                states[number] = self._read(contexts, self._context_position, 1)

            def answer(
                task: tuple[int, np.ndarray], part: Sequence[np.ndarray] = part, states: list[States] = states
            ) -> None:
                number, kinds = task
                windows = part[number]
                longest = int(query_lengths[kinds].max())
                chosen = _take(query_states, kinds, longest)
                inputs = {
                    **_named("context.", states[number], lengths[windows]),
                    **_named("query.", chosen, query_lengths[kinds]),
                }
                answers = self.run(self._upper, inputs, outputs)
                for row, window in enumerate(windows):
                    use(window, kinds, *(values[row, :, : lengths[window] - 1] for values in answers))

            in_threads(read, range(len(part)), self._workers)
            tasks = [
                (number, kinds)
                for number, windows in enumerate(part)
                for kinds in _chunks(by_length, query_lengths, lengths[windows], len(part), self._workers)
            ]
            in_threads(answer, tasks, self._workers)

    def run(self, session: onnxruntime.InferenceSession, inputs: Mapping, outputs: Sequence[str]) -> Sequence:
        """Runs a graph."""
        return session.run(outputs, inputs)

    def _read(self, token_ids: Sequence[np.ndarray], first_position: int, token_type: int) -> States:
        """States of some contexts, or of some queries."""
        filled, lengths = padded(token_ids, 0)
        inputs = {
            "token_ids": filled,
            "lengths": lengths,
            "first_position": np.array(first_position, np.int32),
            "token_type": np.array(token_type, np.int32),
        }
        return tuple(self.run(self._lower, inputs, STATES))

    def _query_states(self, queries: Sequence[np.ndarray]) -> States:
        """States of the queries, computed when other queries were asked before."""
        key = tuple(ids.tobytes() for ids in queries)
        known = self._queries
        if known is None or known[0] != key:
            known = self._queries = (key, self._read(queries, 0, 0))
        return known[1]


def _take(states: States, rows: np.ndarray, length: int) -> States:
    """Some rows of states, cut to a length."""
    hidden, q, k, v = (values[rows] for values in states)
    return hidden[:, :length], q[:, :, :length], k[..., :length], v[:, :, :length]


def _named(part: str, states: States, lengths: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{part}lengths": lengths, **{part + name: value for name, value in zip(STATES, states, strict=True)}}


def _chunks(
    by_length: np.ndarray, query_lengths: np.ndarray, context_lengths: np.ndarray, batches: int, workers: int
) -> list[np.ndarray]:
    """Types, as they go together with a batch of contexts: few enough for `BUDGET`, and a chunk at least for each worker."""
    rows = len(context_lengths) * (int(context_lengths.max()) + int(query_lengths.max()))
    parts = max(-(-len(by_length) * rows // BUDGET), -(-workers // batches))
    return np.array_split(by_length, min(parts, len(by_length)))


def read_graphs(folder: str | Path) -> tuple[bytes, bytes]:
    """The graphs that `export --to onnx` wrote.

    Raises:
        ModelError: a file is absent or unreadable.
    """
    try:
        return (Path(folder) / LOWER).read_bytes(), (Path(folder) / UPPER).read_bytes()
    except OSError as error:
        raise ModelError(f"{folder} does not hold the graphs of a model: {error}") from error


def write_graphs(folder: str | Path, graphs: tuple[bytes, bytes]) -> None:
    """Writes what `read_graphs` reads, in one step."""
    with atomic_folder(folder) as new:
        for name, content in zip((LOWER, UPPER), graphs, strict=True):
            (new / name).write_bytes(content)


def open_session(graph: bytes) -> onnxruntime.InferenceSession:
    """A session that computes on the thread that calls it.

    Raises:
        ModelError: the graph is damaged.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # x86 processors without VNNI add products of uint8 and int8 in 16 bits, which overflow, unless this is set.
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions have no common base
        raise ModelError(f"a graph cannot be loaded by ONNX Runtime {onnxruntime.__version__}: {error}") from error


def available_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
