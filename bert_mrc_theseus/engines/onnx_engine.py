"""An exported model on ONNX Runtime that reads query and context together. No TensorFlow, and a fast start."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from bert_mrc_theseus.engines.engine import UseAnswer, asked_together, no_match_head
from bert_mrc_theseus.engines.onnx_runtime import RunGraph, open_session, run_graph
from bert_mrc_theseus.engines.thread_pool import ThreadPool, available_cores
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files import atomic_folder
from bert_mrc_theseus.model_files.checksums import ModelFiles
from bert_mrc_theseus.model_files.model_folder import GRAPH_FILES, ONNX, changing_files
from bert_mrc_theseus.model_files.regular_files import read_bytes
from bert_mrc_theseus.mrc.batch_types import TokenRows, joined
from bert_mrc_theseus.mrc.batching import sorted_batches
from bert_mrc_theseus.mrc.collate import token_rows
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.outputs import bring_along

STATES = ("hidden", "q", "k", "v")
"""What the lower graph gives and the upper one takes: hidden states (N, L, H), and the next layer's queries
(N, heads, L, H/heads), keys (N, heads, H/heads, L) and values (N, heads, L, H/heads)."""

BUDGET = 384
"""Tokens of a batch: its hidden states stay in a core's cache."""

ROUND = 64
"""Batches of contexts whose states are kept at a time: bounds memory (their states are 1.5 kB a token and more)."""

States = tuple[np.ndarray, ...]
Result = TypeVar("Result")


class OnnxEngine:
    """Runs the two graphs of a model: each context through the lower one once, then every pair through the upper one.

    Each thread runs a batch of its own on one core; several cores on one batch would wait for each other after every operator.

    Args:
        graphs: the lower and the upper graph, serialised.
        context_position: see `SharedContext`.
        threads: by default as many as this process has cores.
        run: runs a graph: session, inputs and names of outputs -> outputs.
        source: the folder that the graphs are from, for messages.

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
    ):
        lower, upper = (str(Path(source, name)) for name in GRAPH_FILES)
        self._lower = open_session(graphs[0], lower, ("lengths", "first_position", "token_type"), STATES)
        self._upper = open_session(graphs[1], upper, ("context.lengths", "query.lengths"), ("probabilities",))
        self._context_position = context_position
        self._threads = threads or available_cores()
        self._run = run or partial(run_graph, source=source)
        self._pool = ThreadPool(self._threads)
        self._queries: tuple[tuple[bytes, ...], States] | None = None

    def answer(self, examples: Examples, use: UseAnswer, matches: bool = False) -> None:
        outputs = ["probabilities", "matches"] if matches else ["probabilities"]
        if matches and "matches" not in {output.name for output in self._upper.get_outputs()}:
            raise no_match_head()
        query_states = self._query_states(examples)
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

    def submit(self, function: Callable[..., Result], *arguments: object) -> Future[Result]:
        return self._pool.submit(function, *arguments)

    def close(self) -> None:
        self._pool.close()

    def _read(self, rows: TokenRows, first_position: int, token_type: int) -> States:
        """States of some contexts, or of some queries."""
        inputs = {
            "token_ids": rows.tokens.ids,
            "lengths": rows.lengths,
            "first_position": np.array(first_position, np.int32),
            "token_type": np.array(token_type, np.int32),
        }
        return tuple(self._run(self._lower, inputs, STATES))

    def _query_states(self, examples: Examples) -> States:
        """States of the queries, computed when other queries were asked before."""
        key = tuple(values.tobytes() for tokens in examples.queries for values in tokens if values is not None)
        known = self._queries
        if known is None or known[0] != key:
            known = self._queries = (key, self._read(token_rows(examples.queries, examples.pad), 0, 0))
        return known[1]


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


def read_graphs(folder: str | Path) -> tuple[bytes, bytes]:
    """The graphs of a model folder, as `export --to onnx` wrote them; `check_graphs` says whether they still are.

    Raises:
        ModelError: a file is absent or unreadable.
    """
    lower, upper = (Path(folder) / name for name in GRAPH_FILES)
    try:
        return read_bytes(lower), read_bytes(upper)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} does not hold the graphs of a model: {error.filename} is missing") from error


def check_graphs(folder: str | Path, graphs: tuple[bytes, bytes]) -> None:
    """Compares graphs with the checksums of the model folder that they were read from.

    Raises:
        ModelError: they are not as they were written.
    """
    files = ModelFiles(Path(folder))
    for name, content in zip(GRAPH_FILES, graphs, strict=True):
        files.check(name, content)


def write_graphs(folder: str | Path, graphs: tuple[bytes, bytes]) -> None:
    """Writes the graphs of a model folder, in one step, and their checksums; what others put beside the graphs stays.

    Raises:
        UserError: the disk is full or the place not writable.
    """
    contents = dict(zip(GRAPH_FILES, graphs, strict=True))
    place = Path(folder) / ONNX

    def carry(new: Path) -> None:
        if place.is_dir():
            bring_along(place, new, lambda name: name.endswith(".onnx"))

    with changing_files(Path(folder), contents), atomic_folder(place, carry) as new:
        for name, content in contents.items():
            (new / Path(name).name).write_bytes(content)
