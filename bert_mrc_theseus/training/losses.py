"""Losses of the start and end heads.

Each takes logits and labels of shape (B, L, 2) (start, end) and a mask of shape (B, L) that is 1 on context tokens and 0 on
query, special and padding tokens, and gives a float32 scalar: a mean per masked-in token, or for dice a share of their set.
"""

from keras import ops

from bert_mrc_theseus.model.encoder import MASKED


def _cross_entropy(logits, labels):
    """Binary cross-entropy of each logit, in the form that neither overflows nor loses digits."""
    return ops.relu(logits) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))


def per_token(values, mask):
    """Mean of values (B, L, 2) over the tokens where the mask (B, L) is 1, both heads together."""
    mask = ops.expand_dims(mask, -1)
    return ops.sum(values * mask) / ops.maximum(2.0 * ops.sum(mask), 1.0)


def binary_cross_entropy(logits, labels, mask):
    """Mean binary cross-entropy per token and head."""
    return per_token(_cross_entropy(logits, labels), mask)


def focal(logits, labels, mask, gamma: float = 2.0):
    """Focal loss (Lin et al., 2017, equation 4, without the class weight): (1 - p_t)^gamma * cross-entropy."""
    cross_entropy = _cross_entropy(logits, labels)
    return per_token(ops.power(1.0 - ops.exp(-cross_entropy), gamma) * cross_entropy, mask)


def dice(logits, labels, mask, alpha: float = 0.01, smooth: float = 1e-4):
    """Self-adjusting dice loss (Li et al., 2020, equation 11) of all tokens of a batch as one set, mean of the two heads.

    As in the authors' code, the sums run over the set and tokens weigh (1 - p)^alpha. With a dice of each token, as the
    equation is printed, the few starts and ends among hundreds of other tokens were never learnt (docs/compression.md).
    """
    # (1 - p)^alpha by way of log(1 - p) = -softplus(logit): the power itself has an infinite gradient at p = 1.
    weighted = ops.exp(-alpha * ops.softplus(logits)) * ops.sigmoid(logits)

    def total(values):
        return ops.sum(values * ops.expand_dims(mask, -1), axis=(0, 1))

    return ops.mean(1.0 - (2.0 * total(weighted * labels) + smooth) / (total(weighted) + total(labels) + smooth))


HARD = 0.1
"""Probability from which a token counts as a possible start or end when pairs are chosen to learn from."""


def match_loss(scores, labels, logits, ends, mask):
    """Mean binary cross-entropy over true pairs and hard negatives: pairs of a true or likely start with a true or likely end.

    Args:
        scores: logits of pairs (B, L, L), see `heads.MatchHead`.
        labels: 1 at true pairs (B, L, L).
        logits: of starts and ends (B, L, 2); they only choose, no gradient flows into them.
        ends: labels of starts and ends (B, L, 2).
        mask: weights (B, L), 0 on all but context tokens.
    """
    likely = ops.cast(ops.sigmoid(ops.stop_gradient(logits)) >= HARD, "float32")
    chosen = ops.maximum(likely, ends) * ops.expand_dims(mask, -1)
    weights = ops.expand_dims(chosen[..., 0], 2) * ops.expand_dims(ops.cast(chosen[..., 1] > 0, "float32"), 1)
    weights = weights * ops.cast(scores > 0.5 * MASKED, "float32")
    return ops.sum(_cross_entropy(scores, labels) * weights) / ops.maximum(ops.sum(weights), 1.0)


LOSSES = {"focal": focal, "bce": binary_cross_entropy, "dice": dice}
