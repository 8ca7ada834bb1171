"""The command line: `bert-mrc-theseus COMMAND` or `python -m bert_mrc_theseus COMMAND`.

A command is imported when it is called, and heavy libraries inside of it, so that `predict` starts at once and preprocessing
works without TensorFlow.

Exit status: 0 all well; 1 what is read is wrong, or the machine failed; 2 the command line itself is wrong: a value, a name, an
input that is not there, an output that cannot be; 3 done, but some records could not be read or written. An error is one line.
"""

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any

import typer

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.cli.given_values import CheckedCommand, refuse_empty, usage_message
from bert_mrc_theseus.cli.help import HelpfulGroup
from bert_mrc_theseus.cli.streams import can_be_written, describe, discard, end_on_signals, prepare_streams
from bert_mrc_theseus.cli.values import check_names
from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.files.atomic_files import naming_errors
from bert_mrc_theseus.language.choice import LANGUAGES, language_of, use
from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.output.terminal import PlainConsole

COMMANDS = {
    "predict": panels.FIND,
    "predict-ray": panels.FIND,
    "serve": panels.FIND,
    "preprocess": panels.DATA,
    "augment": panels.DATA,
    "generate": panels.DATA,
    "queries": panels.DATA,
    "train": panels.TRAIN,
    "compare": panels.TRAIN,
    "average": panels.TRAIN,
    "prune": panels.TRAIN,
    "export": panels.TRAIN,
    "evaluate": panels.MEASURE,
    "report": panels.MEASURE,
    "bench": panels.MEASURE,
}
"""The commands, with what they are for. A command is the function of its name (with underscores) in the module of its name, or
that module's `app` of several.
"""


class _Commands(HelpfulGroup):
    """Imports a command when it is called; `--help` imports all."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name in COMMANDS and name not in self.commands:
            self.commands[name] = _command(name)
        return self.commands.get(name)


def _command(name: str) -> Any:
    own = name.replace("-", "_")
    module = import_module(f"bert_mrc_theseus.cli.{own}")
    if hasattr(module, "app"):
        command: Any = typer.main.get_group(module.app)
    else:
        one = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        one.command(name, cls=CheckedCommand)(getattr(module, own))
        command = typer.main.get_command(one)
    command.name, command.rich_help_panel = name, COMMANDS[name]
    return command


_ClickError: type[Exception] = typer.BadParameter.__mro__[2]
"""What Typer raises for a wrong command line. It comes from Click, or from Typer's copy of it, as the version has it."""

_INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        from bert_mrc_theseus.provenance import DISTRIBUTION, package_version

        typer.echo(f"{DISTRIBUTION} {package_version()}")
        raise typer.Exit


def _choose_language(language: str | None) -> None:
    if language is not None:
        check_names([language], LANGUAGES, "--lang")
        use(language)


@app.callback()
def options(
    language: Annotated[
        str | None,
        typer.Option(
            "--lang",
            metavar="zh|en",
            callback=_choose_language,
            is_eager=True,
            autocompletion=complete.languages,
            help="Language of help and messages; default: that of LC_ALL, LC_MESSAGES or LANG. Results are the same in both.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Chinese NER as machine reading comprehension, compressed with BERT-of-Theseus."""


def main() -> None:
    """Runs the command line; errors that a user can act on are printed without a traceback."""
    use(language_of(os.environ))
    prepare_streams()
    end_on_signals()
    try:
        try:
            refuse_empty(sys.argv[1:])
            sys.exit(app(standalone_mode=False))
        except SystemExit:
            # What is still in the buffer may not reach its place: that is an error too.
            with naming_errors("standard output"):
                sys.stdout.flush()
            raise
    except UserError as error:
        _fail(str(error), error.exit_status)
    except _ClickError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # Its message is the help.
            error.show()  # type: ignore[attr-defined]
            sys.exit(UsageError.exit_status)
        _fail(usage_message(error), UsageError.exit_status)
    except typer.Abort as error:
        if isinstance(error.__cause__, EOFError):
            _fail("the input ends too early")
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        discard(sys.stdout)
        sys.exit(1)
    except OSError as error:
        if error.filename is None and error.errno is not None:
            # Inputs and outputs name themselves.
            error.filename = "standard output"
        _fail(describe(error))
    except MemoryError:
        _fail("out of memory")


def _fail(message: str, status: int = UserError.exit_status) -> None:
    line = translated(message).replace("\n", "\\n")
    with suppress(OSError):
        PlainConsole(stderr=True, soft_wrap=True).print(translated("error: ") + line, style="red")
    for stream in (sys.stdout, sys.stderr):
        if not can_be_written(stream):
            discard(stream)
    sys.exit(status)
