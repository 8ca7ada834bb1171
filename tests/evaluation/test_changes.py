"""What one system found and another did not."""

from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.evaluation.changes import changes_by_type
from bert_mrc_theseus.evaluation.metrics import strict_scores
from bert_mrc_theseus.text.documents import Document, Entity
from tests.helpers.strategies import TYPES, documents


def test_each_kind_of_change():
    text = "字" * 8
    kept, lost, gained, missed, repeated, corrected, invented = (Entity(i, i + 1, "X") for i in range(7))
    gold, first, second = (
        [Document("1", text, entities)]
        for entities in (
            (kept, lost, gained, missed),
            (kept, lost, repeated, corrected),
            (kept, gained, repeated, invented, Entity(0, 1, "Y")),
        )
    )
    found = changes_by_type(gold, first, second, ["X", "Y"])
    x, y = found["X"], found["Y"]
    assert (x.kept, x.missed, x.repeated) == (1, 1, 1)
    assert [[c.entity for c in part] for part in (x.lost, x.gained, x.corrected, x.invented)] == [
        [lost], [gained], [corrected], [invented]
    ]  # fmt: skip
    assert (y.kept, y.lost, [c.document for c in y.invented]) == (0, (), [0])


@given(st.lists(documents(), max_size=3), st.data())
def test_changes_add_up_to_the_scores(gold, data):
    def predicted():
        made = []
        for document in gold:
            known = st.sampled_from(document.entities) if document.entities else st.nothing()
            any_type = st.builds(lambda e, kind: Entity(e.start, e.end, kind), known, st.sampled_from(TYPES))
            entities = data.draw(st.sets(any_type)) if document.entities else ()
            made.append(Document(document.id, document.text, tuple(entities)))
        return made

    first, second = predicted(), predicted()
    changes = changes_by_type(gold, first, second, TYPES)
    before, after = strict_scores(gold, first, TYPES), strict_scores(gold, second, TYPES)
    for name, c in changes.items():
        a, b = before.types[name], after.types[name]
        assert (a.tp, b.tp) == (c.kept + len(c.lost), c.kept + len(c.gained))
        assert (a.fp, b.fp) == (c.repeated + len(c.corrected), c.repeated + len(c.invented))
        assert a.support == c.kept + len(c.lost) + len(c.gained) + c.missed
