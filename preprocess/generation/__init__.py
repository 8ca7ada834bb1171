"""Sentences of our own: a grammar of names, words and sentence frames -> a data folder.

grammar    rules and frames: what they may be, reading them, one sentence of a frame
lexicons   more names for a grammar, of word lists in a folder
variety    how different sentences are from each other, in figures
generate   all sentences -> a data folder
"""
