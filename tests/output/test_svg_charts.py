"""Line charts as SVG."""

import re

from bert_mrc_theseus.output.svg_charts import Line, line_chart


def test_a_chart_stays_within_its_frame():
    chart = str(line_chart([Line("a<b", "red", [(1, -5.0), (2, 0.5), (3, 9.0)])], "x", 0.0, 1.0))
    (path,) = re.findall(r'd="(M[^"]*)" fill="none"', chart)
    numbers = [tuple(map(float, pair.split())) for pair in path[1:].split("L")]
    assert all(52 <= x <= 420 and 10 <= y <= 162 for x, y in numbers) and "a&lt;b" in chart
    assert line_chart([Line("a", "red", [])], "x") == ""
