"""`python -m docs._figures`: fills the tables of the pages; `--check` says what differs, and writes nothing."""

import sys

from docs._figures.marked import ROOT, UnknownName, differences, filled, language_of, pages


def main(arguments: list[str]) -> int:
    """Fills, or checks.

    Returns:
        The exit status: 1 if a name is unknown, or with `--check` if a page differs.
    """
    if arguments not in ([], ["--check"]):
        print("usage: python -m docs._figures [--check]", file=sys.stderr)
        return 2
    wrong: list[str] = []
    for page in pages():
        where = page.relative_to(ROOT).as_posix()
        text = page.read_text(encoding="utf-8")
        try:
            if arguments:
                wrong += differences(text, language_of(page), where)
            else:
                page.write_text(filled(text, language_of(page), where), encoding="utf-8")
        except UnknownName as error:
            wrong.append(str(error))
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong and arguments:
        print("`make figures` fills them from docs/results", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
