"""What training takes out of lexicon features: else the model learns that what is in no lexicon is no entity.

At training the lexicons know many of the entities, in a user's texts fewer. Everything drawn is a function of the seed.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from bert_mrc_theseus.mrc.batch_types import Tokens
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.mrc.lexicon import Matches, features_of


def noisy_context(
    examples: Examples, window: int, source_dropout: float, entity_dropout: float, seed: Sequence[int]
) -> Tokens:
    """The tokens of a window, with some of what the lexicon knows taken out; as they are where there is no lexicon.

    Args:
        examples: built for training.
        window: its number.
        source_dropout: see `without_sources`.
        entity_dropout: see `without_entities`.
        seed: one for each epoch; all windows of a document are dealt with alike.
    """
    tokens = examples.contexts[window]
    if not examples.in_lexicon:
        return tokens
    number, place = examples.window_of[window]
    matches, entities, size = examples.in_lexicon[number]
    left = without_entities(matches, entities, entity_dropout, (*seed, number, 0))
    features = without_sources(features_of(left, size), source_dropout, (*seed, number, 1))
    return tokens._replace(lexicon=features[place.start : place.end])


def without_entities(
    matches: Matches, entities: Iterable[tuple[int, int]], probability: float, seed: int | Sequence[int]
) -> Matches:
    """Matches without some of the words that are annotated entities: as if no source had them.

    A word is drawn once, and taken out wherever it occurs in the text.

    Args:
        matches: words in a text.
        entities: (start, end) of its entities.
        probability: that a word is taken out.
        seed: one for each text and epoch.
    """
    ends = matches.starts + matches.lengths
    spans = set(entities)
    annotated = [span in spans for span in zip(matches.starts.tolist(), ends.tolist(), strict=True)]
    words = np.unique(matches.words[np.array(annotated, bool)])
    taken = words[np.random.default_rng(seed).random(len(words)) < probability]
    return matches.only(~np.isin(matches.words, taken))


def without_sources(features: np.ndarray, probability: float, seed: int | Sequence[int]) -> np.ndarray:
    """Features in which some sources know no word at all.

    Args:
        features: int32 (L, S), see `lexicon.features_of`.
        probability: that a source is left out.
        seed: one for each text and epoch.
    """
    kept = np.random.default_rng(seed).random(features.shape[1]) >= probability
    return features * kept
