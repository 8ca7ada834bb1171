"""Sentences of our own: a grammar of names, words and sentence frames -> a data folder.

phrases    what frames and alternatives are made of, as it is written in a line
grammar    rules and frames: reading them, one sentence of a frame
lexicons   more names for a grammar, of word lists in a folder
variety    how different sentences are from each other, in figures
generate   all sentences -> a data folder
"""
