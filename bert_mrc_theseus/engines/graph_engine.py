"""What the engines of exported models have in common: two graphs, threads, and queries that are read once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from bert_mrc_theseus.engines.engine import no_match_head
from bert_mrc_theseus.engines.onnx_runtime import CPU, RunGraph, open_session, run_graph
from bert_mrc_theseus.engines.thread_pool import ThreadPool, available_cores
from bert_mrc_theseus.model_files.model_folder import GRAPH_FILES
from bert_mrc_theseus.mrc.batch_types import TokenRows
from bert_mrc_theseus.mrc.collate import token_rows
from bert_mrc_theseus.mrc.examples import Examples

BUDGET = 384
"""Tokens of a batch: its hidden states stay in a core's cache."""

Read = TypeVar("Read")
Result = TypeVar("Result")


class Names(NamedTuple):
    """Some inputs and outputs that a graph must have."""

    inputs: Collection[str]
    outputs: Collection[str]


class GraphEngine(ABC, Generic[Read]):
    """Two graphs on ONNX Runtime: the lower one reads texts and queries, the upper one answers.

    `Read` is what the upper one takes of queries.

    Each thread runs a batch of its own on one core; several cores on one batch would wait for each other after every operator.

    Args:
        graphs: the lower and the upper graph, serialised.
        lower, upper: what they must have.
        threads: by default as many as this process has cores.
        run: runs a graph: session, inputs and names of outputs -> outputs.
        source: the folder that the graphs are from, for messages.
        provider: what computes, see `open_session`.

    Raises:
        ModelError: a graph is damaged.
        UserError: the provider is not there, or cannot be started.
    """

    def __init__(
        self,
        graphs: tuple[bytes, bytes],
        lower: Names,
        upper: Names,
        threads: int | None,
        run: RunGraph | None,
        source: str,
        provider: str = CPU,
    ):
        self._lower, self._upper = (
            open_session(graph, str(Path(source, name)), *names, provider)
            for graph, name, names in zip(graphs, GRAPH_FILES, (lower, upper), strict=True)
        )
        self._run = run or partial(run_graph, source=source)
        self._threads = threads or available_cores()
        self._pool = ThreadPool(self._threads)
        self._queries: tuple[tuple[bytes, ...], Read] | None = None

    def submit(self, function: Callable[..., Result], *arguments: object) -> Future[Result]:
        return self._pool.submit(function, *arguments)

    def close(self) -> None:
        self._pool.close()

    @abstractmethod
    def _read_queries(self, rows: TokenRows) -> Read:
        """What the upper graph takes of queries."""

    def _read_of(self, examples: Examples) -> Read:
        """What the upper graph takes of the queries, computed when other queries were asked before."""
        key = tuple(values.tobytes() for tokens in examples.queries for values in tokens if values is not None)
        known = self._queries
        if known is None or known[0] != key:
            known = self._queries = (key, self._read_queries(token_rows(examples.queries, examples.pad)))
        return known[1]

    def _outputs(self, matches: bool) -> list[str]:
        """Outputs of the upper graph that make an answer.

        Raises:
            ModelError: matches are asked of a model that has no match head.
        """
        if matches and "matches" not in {output.name for output in self._upper.get_outputs()}:
            raise no_match_head()
        return ["probabilities", "matches"] if matches else ["probabilities"]
