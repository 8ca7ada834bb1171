"""The guides; `_site` builds the site of them, `_figures` fills their tables."""
