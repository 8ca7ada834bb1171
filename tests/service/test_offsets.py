from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.service.offsets import utf16_units


@given(st.text(max_size=30))
def test_every_offset_counts_what_utf_16_has_before_it(text):
    units = utf16_units(text)
    for offset in range(len(text) + 1):
        assert units(offset) == len(text[:offset].encode("utf-16-le")) // 2
