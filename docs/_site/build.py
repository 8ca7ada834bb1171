"""Builds the documentation site, strictly: `python docs/_site/build.py` (`make docs`) writes build/site.

A guide lies twice in docs/: `PAGE.md` in English, `PAGE.zh.md` in Chinese. The site is Chinese at its root and English below
`en/`: two builds, each from a folder in which every page has its plain name. What is generated (the commands, the names of
Python) is written beside them, and a file of the repository that a page links to is copied, so that the link works on the
site as it does in the repository. A broken link is an error, and so is a page that the navigation lacks.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from string import Template
from typing import Any

import typer
from typer.cli import get_docs_for_click

import bert_mrc_theseus as bmt
from bert_mrc_theseus.cli.app import app
from bert_mrc_theseus.cli.help import example_lines, translate_help
from bert_mrc_theseus.language.choice import use
from bert_mrc_theseus.provenance import DISTRIBUTION

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent
ROOT = DOCS.parent
BUILD = ROOT / "build"
SETTINGS = HERE / "zensical.toml"

SOURCES = "source"
"""Folder of the site for files of the repository that lie outside docs/."""

WORDS = {
    "zh": {
        "site_dir": "site", "to_zh": "./", "to_en": "en/", "tutorials": "教程", "how_to": "操作指南", "reference": "参考",
        "explanation": "原理", "results": "结果", "notes": "试过的办法",
    },
    "en": {
        "site_dir": "site/en", "to_zh": "../", "to_en": "./", "tutorials": "Tutorials", "how_to": "How-to",
        "reference": "Reference", "explanation": "Explanation", "results": "Results", "notes": "Notes",
    },
}  # fmt: skip
"""What `zensical.toml` says in each language. Chinese is built first: its folder holds the English one."""

COMMANDS = {
    "zh": (
        "# 命令行参考\n\n"
        "本页由命令行程序自动生成，内容与 `bert-mrc-theseus --lang zh COMMAND --help` 相同。\n"
        "退出码：0 成功；1 输入内容有错，或机器出了故障；2 命令行本身写错，什么都没有开始；3 已完成，但略过了部分记录。\n\n"
    ),
    "en": (
        "# Command line\n\nGenerated from the commands: what `bert-mrc-theseus COMMAND --help` says. Exit status: 0 all well;\n"
        "1 what is read is wrong, or the machine failed; 2 the command line itself is wrong, and nothing was begun;\n"
        "3 done, but some records were left out.\n\n"
    ),
}
WORDS_OF_COMMANDS: dict[str, dict[str, str]] = {
    "en": {},
    "zh": {
        "**Usage**:": "**用法**：", "**Arguments**:": "**参数**：", "**Options**:": "**选项**：", "**Commands**:": "**命令**：",
        "[default: ": "[默认：", "; default: ": "；默认：", "[env var: ": "[环境变量：", "[required]": "[必填]",
        "; required]": "；必填]",
    },
}  # fmt: skip
"""Words of Typer's page of commands."""

PYTHON = {
    "zh": (
        "# Python 接口\n\n`import bert_mrc_theseus as bmt` 提供的全部名称，由源码中的文档字符串自动生成（英文），\n"
        "其中的例子都有测试。\n\n"
    ),
    "en": (
        "# Python\n\nThe names of `import bert_mrc_theseus as bmt`, generated from their docstrings, whose examples are\n"
        "tested.\n\n"
    ),
}

_LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)\s#]+)(?=[)#])")
_BLOCKS = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_WRAPPED = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n *(?=[\u3000-\u9fff\uff00-\uffef])")
_SENTENCE = re.compile(r"(?<=。)|(?<=\w\.)\s")
_CODE = re.compile(r"(`+).+?\1")


def build() -> None:
    """Lays out both languages and builds them.

    Raises:
        SystemExit: a link or a page is not there; what zensical says of it stands on standard error.
    """
    shutil.rmtree(BUILD / "docs", ignore_errors=True)
    wrong = [line for language in WORDS for line in lay_out(language, BUILD / "docs" / language)]
    if wrong:
        sys.exit("\n".join(wrong))
    shutil.rmtree(BUILD / "site", ignore_errors=True)
    for language in WORDS:
        file = BUILD / f"zensical-{language}.toml"
        file.write_text(settings(language), encoding="utf-8")
        subprocess.run(
            [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict", "-f", file], check=True
        )


def settings(language: str) -> str:
    """Zensical's settings of a language."""
    words = WORDS[language] | {"language": language, "root": str(ROOT)}
    return Template(SETTINGS.read_text(encoding="utf-8")).substitute(words)


def lay_out(language: str, folder: Path) -> list[str]:
    """Writes the pages of a language, with what they link to.

    Returns:
        What is wrong: links to files that are not there, and pages that the navigation lacks, or names without a page.
    """
    wrong = []
    pages = set()
    for page in pages_of(language):
        name = plain_name(page)
        pages.add(name)
        text, linked = links_of_the_site(page)
        write(folder / name, text)
        for source in linked:
            if not source.is_file():
                wrong.append(f"{page.relative_to(ROOT)}: there is no {source.relative_to(ROOT)}")
            else:
                copy = folder / place_of(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)
    for name, text in (
        ("reference/commands.md", COMMANDS[language] + commands(language)),
        ("reference/python.md", PYTHON[language] + names()),
    ):
        pages.add(name)
        write(folder / name, text)
    listed = set(navigation(tomllib.loads(settings(language))["project"]["nav"]))
    wrong += [f"{SETTINGS.relative_to(ROOT)}: nav lacks {name} ({language})" for name in sorted(pages - listed)]
    wrong += [
        f"{SETTINGS.relative_to(ROOT)}: nav has {name}, which is no page ({language})"
        for name in sorted(listed - pages)
    ]
    return wrong


def write(file: Path, text: str) -> None:
    """Writes a page, and the folders that lead to it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def pages_of(language: str) -> list[Path]:
    """The pages of docs/ in a language."""
    pages = (page for page in sorted(DOCS.rglob("*.md")) if not page.is_relative_to(HERE))
    return [page for page in pages if page.stem.endswith(".zh") == (language == "zh")]


def plain_name(page: Path) -> str:
    """A page's name on the site: `tutorials/train.zh.md` -> `tutorials/train.md`."""
    return page.relative_to(DOCS).as_posix().replace(".zh.md", ".md")


def navigation(nav: list[Any]) -> list[str]:
    """The pages that the navigation lists."""
    return [
        page
        for item in nav
        for page in ([item] if isinstance(item, str) else navigation(next(iter(item.values()))))
    ]  # fmt: skip


def links_of_the_site(page: Path) -> tuple[str, list[Path]]:
    """(a page with the links that it has on the site, the files that they lead to and that are no pages)."""
    files: list[Path] = []

    def turned(match: re.Match[str]) -> str:
        target = (page.parent / match[1]).resolve()
        if target.is_relative_to(DOCS) and target.suffix == ".md":
            return match[1].replace(".zh.md", ".md")
        if not target.is_relative_to(ROOT):
            return match[1]
        files.append(target)
        return "../" * len(page.parent.relative_to(DOCS).parts) + place_of(target)

    return without_wraps(_LINK.sub(turned, page.read_text(encoding="utf-8"))), files


def without_wraps(text: str) -> str:
    """A page without the line ends between Chinese characters, of which a browser makes spaces."""
    parts = _BLOCKS.split(text)
    parts[::2] = [_WRAPPED.sub("", part) for part in parts[::2]]
    return "".join(parts)


def place_of(source: Path) -> str:
    """Where the site has a file; Markdown as text, since it is no page."""
    place = source.relative_to(DOCS) if source.is_relative_to(DOCS) else Path(SOURCES) / source.relative_to(ROOT)
    return place.as_posix() + (".txt" if source.suffix == ".md" else "")


def commands(language: str) -> str:
    """Every command with its options and examples, as Markdown below the page's title."""
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name=DISTRIBUTION)
    use(language)
    _prepare(group, context, "")
    text = get_docs_for_click(obj=group, ctx=context, indent=1, name=DISTRIBUTION)
    use("en")
    for english, own in WORDS_OF_COMMANDS[language].items():
        text = text.replace(english, own)
    lines = []
    code = False
    for line in text.splitlines():
        code ^= line.startswith("```")
        lines.append(line if code else _without_markup(line))
    return "\n".join(lines) + "\n"


def _prepare(command: Any, context: typer.Context, path: str) -> None:
    """Puts a command, and those in it, into the language of this process, each with its examples."""
    translate_help(command)
    command.short_help = _SENTENCE.split(command.help)[0]
    examples = example_lines(path)
    command.epilog = f"```sh\n{examples}\n```" if examples else None
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        _prepare(command.get_command(context, name), context, f"{path} {name}".strip())


def _without_markup(line: str) -> str:
    """A line in which < and [ are characters; in `code` they are it anyway."""
    parts = []
    end = 0
    for match in _CODE.finditer(line):
        parts += [_escaped(line[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _escaped(line[end:])])


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("[", "\\[")


def names() -> str:
    """Every public name, for mkdocstrings to fill in."""
    return "\n".join(f"::: bert_mrc_theseus.{name}\n" for name in bmt.__all__)


if __name__ == "__main__":
    build()
