"""Fills the tables of the pages from docs/results: `python -m docs._figures` (`make figures`).

In reading order:

- `table`: a table in both languages.
- `reports`: the files of docs/results.
- `comparisons`: rows of what `compare` wrote.
- `compression`, `words`, `shared_context`, `speed`, `scores`: tables made of what commands wrote.
- `transcribed`: tables whose figures were copied from a page once, since the output of their command is not kept.
- `catalogue`: every table and every single figure by its name.
- `marked`: the parts of a page that have these names.
- `__main__`: the command.
"""
