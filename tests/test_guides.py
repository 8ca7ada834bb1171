"""The guides of docs/: Chinese and English say the same, every page is on the site, and what they show is what happens."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from bert_mrc_theseus.language.choice import use
from bert_mrc_theseus.language.translation import translated
from tests.helpers.stress import under_stress

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NAMES = sorted(page.relative_to(DOCS).as_posix().removesuffix(".zh.md") for page in DOCS.rglob("*.zh.md"))


class Block(NamedTuple):
    """Code that a page says was run (`<!-- run -->`; `<!-- stress -->`: takes minutes), and what it printed."""

    mark: str
    language: str
    code: str
    output: str | None


_BLOCK = re.compile(
    r"^<!-- (run|stress) -->\n\n```(sh|python)\n(.*?)^```$(?:\n\n<!-- output -->\n\n```text\n(.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SHOWN = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"\d[\d.,]*\d|\d")


def page(name: str, language: str) -> str:
    suffix = ".zh.md" if language == "zh" else ".md"
    return (DOCS / f"{name}{suffix}").read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    return [Block(*(match[k] for k in range(1, 5))) for match in _BLOCK.finditer(text)]


def without_comments(code: str) -> str:
    return re.sub(r" *# .*", "", code)


def site():
    """The module that builds the site, which lies outside of the package."""
    spec = importlib.util.spec_from_file_location("build_site", DOCS / "_site" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_there_in_both_languages():
    pages = {path.relative_to(DOCS).as_posix().removesuffix(".md") for path in DOCS.rglob("*.md")}
    assert {name for name in pages if not name.endswith(".zh")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_the_same_parts_in_both_languages(name):
    chinese, english = page(name, "zh"), page(name, "en")

    def headings(text):
        return [line.split(" ")[0] for line in _FENCED.sub("", text).splitlines() if re.match("#+ ", line)]

    def figures(text):
        rows = [line for line in _FENCED.sub("", text).splitlines() if line.startswith("|")]
        return [sorted(_FIGURE.findall(row.split("|", 2)[2])) for row in rows]

    def code(text):
        return [without_comments(block) for block in _FENCED.findall(text) if block.startswith(("```sh", "```py"))]

    assert headings(chinese) == headings(english)
    assert figures(chinese) == figures(english)
    assert code(chinese) == code(english)
    assert [b.mark for b in blocks(chinese)] == [b.mark for b in blocks(english)]
    assert [b.output is None for b in blocks(chinese)] == [b.output is None for b in blocks(english)]


@pytest.mark.parametrize("name", NAMES)
def test_a_chinese_page_shows_messages_in_chinese(name):
    use("zh")
    try:
        shown = [line for output in _SHOWN.findall(page(name, "zh")) for line in output.splitlines()]
        messages = [line.removeprefix("error: ").strip() for line in shown]
        assert [message for message in messages if translated(message) != message] == []
    finally:
        use("en")


@pytest.mark.parametrize("file", [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(DOCS.rglob("*.md"))], ids=str)
def test_what_is_installed_from_a_clone_is_the_clone(file):
    # In the clone's folder Python finds the clone first, which without --editable lacks its data.
    assert re.search(r"pip install '?\.(?!\w)", file.read_text(encoding="utf-8")) is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_on_the_site_and_every_file_that_it_links_to_is_there(language, tmp_path):
    assert site().lay_out(language, tmp_path) == []


def test_the_reference_of_commands_is_in_the_language_of_its_page():
    chinese, english = map(site().commands, ("zh", "en"))
    assert (
        "找出文本中的实体。" in chinese
        and "# 一句话\n" in chinese
        and "**选项**：" in chinese
        and "Find" not in chinese
    )
    assert "Find entities in texts." in english and "# one sentence\n" in english and "**Options**:" in english


def test_a_broken_link_and_a_page_without_a_place_are_named(tmp_path, monkeypatch):
    built = site()
    folder = built.DOCS / "_a_test"
    monkeypatch.setattr(built, "pages_of", lambda language: [folder / "page.zh.md"])
    monkeypatch.setattr(built, "links_of_the_site", lambda page: ("# 页", [ROOT / "nothing.json"]))
    wrong = built.lay_out("zh", tmp_path)
    assert f"{(folder / 'page.zh.md').relative_to(ROOT)}: there is no nothing.json" in wrong
    assert "docs/_site/zensical.toml: nav lacks _a_test/page.md (zh)" in wrong


def test_line_ends_between_chinese_characters_are_no_spaces():
    text = "不需要 GPU，\n不需要\nTensorFlow。\n\n下一段\n\n```text\n一行\n二行\n```\n"
    assert site().without_wraps(text) == text.replace("，\n不", "，不")


RUN = [name for name in NAMES if blocks(page(name, "zh"))]


def languages(name: str) -> list[str]:
    """In which a page is run: where both show the same, the code is the same but for comments."""
    same = [b.output for b in blocks(page(name, "zh"))] == [b.output for b in blocks(page(name, "en"))]
    return ["zh"] if same and under_stress(True, False) else ["zh", "en"]


@pytest.mark.parametrize(("name", "language"), [(name, language) for name in RUN for language in languages(name)])
def test_the_code_of_a_page_prints_what_the_page_shows(name, language, tmp_path):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "LC_ALL": "",
        "LC_CTYPE": "C.UTF-8",
        "LC_MESSAGES": {"zh": "zh_CN.UTF-8", "en": "C.UTF-8"}[language],
    }
    for block in blocks(page(name, language)):
        if block.mark == "stress" and under_stress(True, False):
            break  # What follows works on what was trained.
        program = ["bash", "-euc"] if block.language == "sh" else [sys.executable, "-c"]
        done = subprocess.run([*program, block.code], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{block.code}\n{done.stderr}"
        if block.output is not None:
            assert without_figures(done.stdout) == without_figures(block.output)


def without_figures(text: str) -> str:
    """Output without scores and times, which differ from machine to machine."""
    return re.sub(r"\d+\.\d+", "#", text)
