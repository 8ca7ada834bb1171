"""A lexicon in one file of safetensors: the trie's own bytes, the classes of its words, and what is known of its sources.

Nothing in it is parsed word by word or unpickled: it is ready as soon as it is read.
"""

import json
from dataclasses import asdict
from pathlib import Path

import marisa_trie
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files.atomic_files import atomic_binary
from bert_mrc_theseus.mrc.lexicon import Lexicon, LexiconSource
from bert_mrc_theseus.text.word_lists import CLASSES

LEXICON = "lexicon.safetensors"


def write_lexicon(path: str | Path, lexicon: Lexicon) -> None:
    """Writes a lexicon in one atomic step; equal lexicons make equal files."""
    about = {"classes": CLASSES, "sources": [asdict(source) for source in lexicon.sources]}
    tensors = {"classes": lexicon.classes, "trie": np.frombuffer(lexicon.trie.tobytes(), np.uint8)}
    with atomic_binary(path) as stream:
        stream.write(save(tensors, {"lexicon": json.dumps(about, ensure_ascii=False)}))


def read_lexicon(path: str | Path) -> Lexicon:
    """Reads a lexicon.

    Raises:
        ModelError: the file is absent or damaged, or of a version with other classes.
    """
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads(file.metadata()["lexicon"])
            classes, words = file.get_tensor("classes"), file.get_tensor("trie")
        if tuple(about["classes"]) != CLASSES:
            raise ModelError(f"{path} has the classes {', '.join(about['classes'])}, not {', '.join(CLASSES)}")
        trie = marisa_trie.Trie().frombytes(words.tobytes())
        return Lexicon(tuple(LexiconSource(**source) for source in about["sources"]), trie, classes)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing") from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as a lexicon: {error!r}") from error
