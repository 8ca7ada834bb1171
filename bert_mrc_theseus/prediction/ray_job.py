"""The parts of an input on the actors of a Ray cluster.

Ray places the actors and says when one has died; what is to be done again is decided here. Ray Data is not used: it would wait
for ever where actors leave no CPU free for reading, it does not replace actors that died while errors are tolerated, and its
files have other names in every run. Nothing but the actors needs a CPU here, and a part's output has one name.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# Ray sends figures of its use to its maker unless told not to before it is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray.exceptions import RayError, RayTaskError

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.files.trees import Place, place_of
from bert_mrc_theseus.prediction.parts import Counts, Part, predict_part
from bert_mrc_theseus.prediction.ray_data import Find

ATTEMPTS = 3
"""How often a part is given to a worker: one that dies may have died of it."""


@dataclass
class Progress:
    """What came of a job.

    Attributes:
        counts: of the parts that were done now.
        parts: how many these are.
        lost: why parts were not done, by part.
        deaths: how many workers died.
    """

    counts: Counts = field(default_factory=Counts)
    parts: int = 0
    lost: dict[Part, str] = field(default_factory=dict)
    deaths: int = 0


class Worker:
    """An actor: loads the model once, and predicts one part after the other, on one thread.

    Args:
        out: folder of the outputs, or its address.
        text_field: see `Find`.
        arguments: of `Extractor.load`.
    """

    def __init__(self, out: str, text_field: str, arguments: Mapping[str, Any]):
        self._out, self._text_field, self._arguments = place_of(out), text_field, arguments
        self._find: Find | None = None

    def is_placed(self) -> None:
        """Returns as soon as the actor has a place."""

    def load(self) -> None:
        """Loads the model.

        Raises:
            UserError, ModelError: see `Extractor.load`.
        """
        self._find = Find(self._text_field, **self._arguments)

    def predict(self, part: Part) -> Counts:
        """See `parts.predict_part`."""
        assert self._find is not None
        return predict_part(part, self._out, self._find, self._text_field)


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """A Ray cluster, joined or, without an address (here or in $RAY_ADDRESS), started on this machine and ended again.

    Raises:
        UserError: there is none at the address.
    """
    # Actors print to their own logs.
    options: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    # Without an address Ray would join whatever cluster this machine has.
    wanted = address or os.environ.get("RAY_ADDRESS") or "local"
    if wanted == "local":
        options["include_dashboard"] = False
    try:
        ray.init(wanted, **options)
    except (OSError, RuntimeError, ValueError) as error:
        line = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserError(f"no Ray cluster at {wanted}: {line}") from error
    try:
        yield
    finally:
        ray.shutdown()


def run_parts(
    parts: Sequence[Part],
    make: Callable[[], Any],
    workers: int,
    patience: float,
    done: Callable[[Progress], None],
) -> Progress:
    """Predicts parts on actors.

    A worker that dies is replaced, and its part given to another one, `ATTEMPTS` times; a part that cannot be done does not
    keep the others from being done.

    Args:
        parts: what to do.
        make: starts an actor, a `Worker`.
        workers: how many there are at a time, at most.
        patience: seconds in which the cluster must have placed one, whenever none is at work.
        done: is told of every part that was done.

    Raises:
        UserError: the cluster has no room, or a worker cannot load the model, or dies of it.
    """
    progress, attempts = Progress(), Counter[Part]()
    todo = deque(parts)
    starting: dict[Any, Any] = {}
    loading: dict[Any, Any] = {}
    running: dict[Any, tuple[Any, Part]] = {}
    idle: list[Any] = []
    deaths_in_start = 0
    waiting_since = time.monotonic()
    while todo or running:
        while len(starting) + len(loading) + len(idle) + len(running) < min(workers, len(todo) + len(running)):
            actor = make()
            starting[actor.is_placed.remote()] = actor
        while idle and todo:
            part, actor = todo.popleft(), idle.pop()
            attempts[part] += 1
            running[actor.predict.remote(part)] = actor, part
        if loading or running:
            waiting_since = time.monotonic()
        elif time.monotonic() - waiting_since > patience:
            raise _no_room(patience)
        ready, _ = ray.wait([*starting, *loading, *running], num_returns=1, timeout=min(1.0, patience))
        for ref in ready:
            if ref in running:
                actor, part = running.pop(ref)
                try:
                    progress.counts = progress.counts.plus(Counts(*ray.get(ref)))
                    progress.parts += 1
                    idle.append(actor)
                    done(progress)
                    deaths_in_start = 0
                except RayTaskError as error:
                    progress.lost[part] = _reason(error)
                    idle.append(actor)
                except RayError as error:
                    # Whatever Ray calls it: the worker, or its machine, is no more.
                    progress.deaths += 1
                    if attempts[part] < ATTEMPTS:
                        todo.appendleft(part)
                    else:
                        progress.lost[part] = f"{ATTEMPTS} workers died of it: {_first_line(error)}"
                continue
            phase = starting if ref in starting else loading
            actor = phase.pop(ref)
            try:
                ray.get(ref)
            except RayTaskError as error:
                raise UserError(f"a worker cannot load the model: {_reason(error)}") from error
            except RayError as error:
                progress.deaths += 1
                deaths_in_start += 1
                # Not only those that were sent to a machine that is about to be known as dead.
                if deaths_in_start >= ATTEMPTS * workers:
                    raise UserError(f"workers die while they load the model: {_first_line(error)}") from error
            else:
                if phase is starting:
                    loading[actor.load.remote()] = actor
                else:
                    idle.append(actor)
    return progress


def start_actor(out: Place, text_field: str, arguments: Mapping[str, Any]) -> Any:
    """An actor with one CPU, wherever there is room; it is not restarted by Ray, since `run_parts` does that."""
    options = {"num_cpus": 1, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
    return ray.remote(Worker).options(**options).remote(str(out), text_field, dict(arguments))


def room() -> int:
    """How many workers a cluster holds."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _no_room(patience: float) -> UserError:
    there, free = (resources.get("CPU", 0.0) for resources in (ray.cluster_resources(), ray.available_resources()))
    return UserError(
        f"the cluster started no worker within {patience:g} seconds: each needs 1 CPU, and of {there:g} there are {free:g} "
        "free. Wait for other jobs, add machines, or, if there is room, wait longer with --wait"
    )


def _reason(error: RayTaskError) -> str:
    """What a worker said, in one line."""
    cause = error.cause
    if isinstance(cause, UserError | OSError):
        return str(cause)
    return f"{type(cause).__name__}: {_first_line(cause)}"


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
