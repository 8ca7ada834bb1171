"""`make figures`: the tables of README and the guides are those of docs/results."""

import json
import re
import subprocess
import sys
from collections import Counter

import pytest

from bert_mrc_theseus.package_data import BUNDLED_MODELS
from docs._figures import marked
from docs._figures.catalogue import TABLES
from docs._figures.reports import RESULTS, one
from docs._figures.scores import CARD
from docs._figures.table import Table, Text
from docs._figures.transcribed import transcribed_names

PAGES = {page.relative_to(marked.ROOT).as_posix(): page for page in marked.pages()}
QUERIES = (marked.ROOT / "docs/queries.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("where", PAGES)
def test_the_figures_of_a_page_are_those_of_the_results(where):
    page = PAGES[where]
    found = marked.differences(page.read_text(encoding="utf-8"), marked.language_of(page), where)
    assert list(found) == [], "`make figures` fills the pages"


def test_a_figure_that_differs_is_named_with_page_line_and_table():
    changed = QUERIES.replace("0.9489", "0.9999")
    (message,) = marked.differences(changed, "en", "docs/queries.md")
    line = changed.split("0.9999")[0].count("\n") + 1
    assert message.startswith(f"docs/queries.md:{line}: queries: ") and "0.9999" in message and "0.9489" in message
    assert marked.filled(changed, "en", "docs/queries.md") == QUERIES


def test_a_row_too_many_is_named():
    more = QUERIES.replace("| `examples`", "| `more` | 3 | 0.9 | 0.9 | 1.00 x | 1.00 x |\n| `examples`", 1)
    (message,) = marked.differences(more, "en", "docs/queries.md")
    assert re.match(r"docs/queries.md:\d+: queries has 11 lines, by docs/results 10", message)


@pytest.mark.parametrize(
    "text",
    [
        "<!-- figures: nothing -->\n\n<!-- /figures -->\n",
        "<!-- figures: queries -->\n\n| a |\n",
        "<!-- figures: queries -->\n\n<!-- figures: peers -->\n\n<!-- /figures -->\n",
        "F1 <!-- figure: nothing -->0.9<!-- / -->\n",
        "F1 <!-- figure: card.small.msra -->0.9\n",
    ],
)
def test_a_part_that_nothing_fills_is_named(text):
    with pytest.raises(marked.UnknownName, match=r"page\.md"):
        marked.filled("\n" + text, "en", "page.md")


def test_a_single_figure_is_filled_in_its_sentence():
    text = "F1 <!-- figure: card.small.msra -->?<!-- / --> on MSRA"
    assert re.fullmatch(
        r"F1 <!-- figure: card.small.msra -->0\.\d{3}<!-- / --> on MSRA", marked.filled(text, "en", "page.md")
    )


def test_every_table_stands_on_pages_of_both_languages():
    names: dict[str, Counter] = {"en": Counter(), "zh": Counter()}
    for page in PAGES.values():
        text = page.read_text(encoding="utf-8")
        names[marked.language_of(page)].update(re.findall(r"<!-- figures: (\S+) -->", text))
    assert names["en"] == names["zh"]
    assert set(names["en"]) == set(TABLES)


def test_a_table_of_scores_is_marked():
    """Scores have three digits behind the point, or more."""
    everywhere = [*marked.ROOT.glob("README*.md"), *(marked.ROOT / "docs").rglob("*.md")]
    everywhere += (marked.ROOT / "data" / "models").rglob("README*.md")
    for page in everywhere:
        text = re.sub(
            r"<!-- figures: .*?<!-- /figures -->|^```.*?^```$",
            "",
            page.read_text(encoding="utf-8"),
            flags=re.MULTILINE | re.DOTALL,
        )
        rows = [line for line in text.splitlines() if line.startswith("|") and re.search(r"\.\d{3}(?!\d*\.)", line)]
        assert rows == [], f"{page}: put `<!-- figures: NAME -->` around it, see CONTRIBUTING.md"


def test_every_file_of_results_is_used():
    everything = "".join(page.read_text(encoding="utf-8") for page in (marked.ROOT / "docs").rglob("*.md"))
    everything += "".join(module.read_text(encoding="utf-8") for module in (marked.ROOT / "docs/_figures").glob("*.py"))
    made = {f"{model}-{name}" for model in BUNDLED_MODELS for name in CARD}
    names = {path.stem for path in RESULTS.glob("*.json")}
    assert {name for name in names - made if name not in everything} == set()


@pytest.mark.parametrize("name", transcribed_names())
def test_a_transcribed_table_says_where_its_figures_come_from(name):
    found = json.loads((RESULTS / "transcribed" / f"{name}.json").read_text(encoding="utf-8"))
    assert all(found[key] for key in ("page", "note", "seed", "machine", "date"))


def test_a_row_has_a_cell_for_each_column_and_each_language_its_words():
    table = Table([Text("name", "名称"), "F1"], [[Text("none", "无"), ""]])
    assert table.lines("en") == ["| name | F1 |", "|---|---|", "| none | |"]
    assert table.lines("zh") == ["| 名称 | F1 |", "|---|---|", "| 无 | |"]
    with pytest.raises(ValueError, match="2 columns"):
        Table(["a", "b"], [["c"]])


def test_a_row_that_is_not_the_only_one_is_refused():
    rows = [{"seed": 42}, {"seed": 42}, {"seed": 43}]
    assert one(rows, seed=43) == {"seed": 43}
    for seed in (42, 44):
        with pytest.raises(LookupError):
            one(rows, seed=seed)


def test_the_command_checks_and_knows_its_usage():
    def run(*arguments):
        command = [sys.executable, "-m", "docs._figures", *arguments]
        return subprocess.run(command, cwd=marked.ROOT, capture_output=True, text=True)

    assert (run("--check").returncode, run("--chekc").returncode) == (0, 2)
