"""Texts with their entities marked, as HTML: drawn in one way by `predict`, the report and notebooks. No file but these is needed.

colours     a colour and a kind of line for each type
levels      which underline an entity has
marking     texts and documents -> HTML
assets      the style and the script that belong to it; they lie in assets/
"""
