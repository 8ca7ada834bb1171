"""Batches by token budget: little padding, and the same batches for the same (seed, epoch).

Examples are shuffled, sorted by length within pools of many batches, cut into batches of at most `budget` tokens (padding
included), and the batches shuffled. Everything is a pure function of its arguments.
"""

import numpy as np

POOL = 64
"""Batches whose examples are sorted together: enough to keep padding low, few enough to keep batches varied."""


def cut_by_budget(lengths: np.ndarray, budget: int) -> list[np.ndarray]:
    """Cuts examples, in the given order, into batches whose size times longest length is at most `budget`.

    An example longer than the budget is a batch of its own.

    Args:
        lengths: int (n,), tokens of each example.
        budget: tokens of a batch.

    Returns:
        Arrays of indices into `lengths`.
    """
    batches: list[np.ndarray] = []
    start, longest = 0, 0
    for i, length in enumerate(lengths):
        longest = max(longest, int(length))
        if i > start and longest * (i - start + 1) > budget:
            batches.append(np.arange(start, i))
            start, longest = i, int(length)
    if start < len(lengths):
        batches.append(np.arange(start, len(lengths)))
    return batches


def training_batches(
    lengths: np.ndarray, budget: int, seed: int, epoch: int, groups: np.ndarray | None = None
) -> list[np.ndarray]:
    """Batches of one epoch, in training order.

    Args:
        lengths: int (n,), tokens of each example.
        budget: tokens of a batch.
        seed: seed of the run.
        epoch: each epoch has another order.
        groups: int (n,), numbers from 0; examples of the same group stay beside each other, most of them in one batch.
    """
    if not len(lengths):
        return []
    random = np.random.default_rng((seed, epoch))
    if groups is None:
        order, sizes = random.permutation(len(lengths)), lengths
    else:
        rank = random.permutation(int(groups.max()) + 1)
        order = np.argsort(rank[groups], kind="stable")
        longest = np.zeros(len(rank), int)
        np.maximum.at(longest, groups, lengths)
        sizes = longest[groups]
    pool = max(1, POOL * budget // max(1, int(np.mean(lengths))))
    batches: list[np.ndarray] = []
    for start in range(0, len(order), pool):
        part = order[start : start + pool]
        part = part[np.argsort(sizes[part], kind="stable")]
        batches.extend(part[batch] for batch in cut_by_budget(lengths[part], budget))
    return [batches[i] for i in random.permutation(len(batches))]


def sorted_batches(lengths: np.ndarray, budget: int) -> list[np.ndarray]:
    """Batches for prediction: sorted by length, least padding."""
    order = np.argsort(lengths, kind="stable")
    return [order[batch] for batch in cut_by_budget(lengths[order], budget)]


def sample_pairs(positive: np.ndarray, negative_ratio: float, seed: int, epoch: int) -> np.ndarray:
    """Chooses the pairs that an epoch trains on: all with entities, and some without.

    Args:
        positive: bool (n,), whether a pair has entities.
        negative_ratio: pairs without entities per pair with entities.
        seed: seed of the run.
        epoch: each epoch draws others.

    Returns:
        Sorted indices of the chosen pairs.
    """
    yes, no = np.flatnonzero(positive), np.flatnonzero(~positive)
    wanted = round(min(len(no), negative_ratio * max(1, len(yes))))
    chosen = np.random.default_rng((seed, epoch, 1)).choice(no, wanted, replace=False)
    return np.sort(np.concatenate([yes, chosen]))


def padding_share(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    """Share of the laid-out tokens that are padding."""
    used = sum(int(lengths[batch].sum()) for batch in batches)
    laid_out = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    return 1.0 - used / laid_out if laid_out else 0.0
