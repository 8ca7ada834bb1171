"""Texts with their entities marked, as HTML, in one way for `predict`, the report and notebooks. No other files are needed.

colours     a colour and a kind of line for each type
levels      which underline an entity has
marking     texts and documents -> HTML
assets      the style and the script that belong to it; they lie in web/
"""
