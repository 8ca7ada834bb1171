"""Hypothesis strategies: arbitrary Unicode documents, and predictions of them."""

from dataclasses import replace

from hypothesis import strategies as st

from bert_mrc_theseus.text.documents import Document, Entity

CHARACTERS = st.one_of(
    st.sampled_from(list("王小明在北京大学，。！？ABc1 2\t　😀𠮷é\u2028")),
    st.characters(codec="utf-8", exclude_characters="\r\n\x00"),
)
TYPES = ("PER", "LOC", "ORG")


@st.composite
def documents(draw, characters=CHARACTERS, nested=True, min_size=1, max_size=40, types=TYPES, annotation=False):
    """A document with valid entities; without `nested`, none overlap; with `annotation`, it may say how it was annotated."""
    text = draw(st.text(characters, min_size=min_size, max_size=max_size))
    found, reach = set(), 0
    for _ in range(draw(st.integers(0, 5)) if text else 0):
        low = 0 if nested else reach
        if low >= len(text):
            break
        start = draw(st.integers(low, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        found.add(Entity(start, end, draw(st.sampled_from(types))))
        reach = end
    document = Document(draw(st.sampled_from(["a", "文-7"])), text, tuple(found))
    if annotation:
        document = replace(document, silver=draw(st.booleans()), annotated=draw(st.sampled_from([None, types])))
    return document


@st.composite
def gold_and_predicted(draw):
    """Pairs of documents without overlaps: gold, and a prediction that is right in part."""
    pairs = []
    for number in range(draw(st.integers(1, 4))):
        gold = draw(documents(nested=False, min_size=3))
        other = draw(documents(nested=False, min_size=3))
        # Some gold entities kept, some of another document's put in where they fit.
        entities = [e for e in gold.entities if draw(st.booleans())]
        for entity in other.entities:
            if entity.end <= len(gold.text) and all(entity.end <= e.start or e.end <= entity.start for e in entities):
                entities.append(entity)
        pairs.append(
            (Document(str(number), gold.text, gold.entities), Document(str(number), gold.text, tuple(entities)))
        )
    return pairs
