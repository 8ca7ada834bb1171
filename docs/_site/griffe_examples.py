"""Reads the section `Example:` of docstrings as `Examples:`, whose code griffe shows as code."""

from typing import Any

import griffe


class Examples(griffe.Extension):
    """Docstrings say `Example:` where there is one; griffe knows the plural only."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring:
            obj.docstring.value = obj.docstring.value.replace("\nExample:\n", "\nExamples:\n")
