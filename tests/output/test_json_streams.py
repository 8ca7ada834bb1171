"""A line of JSONL is one line for whoever reads it, and says the same."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from bert_mrc_theseus.output.json_streams import json_line


@given(text=st.text())
@example("\x85")
@example("a\u2028b\u2029")
@example("\\\x0b\x0c\x1c\r\n")
def test_a_line_is_one_line_and_the_same_record(text):
    line = json_line({"text": text})
    assert line.splitlines() == [line[:-1]]
    assert json.loads(line) == {"text": text}
