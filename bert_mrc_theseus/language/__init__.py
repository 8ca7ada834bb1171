"""The language in which the command line speaks to people. What programs read is the same in every language.

choice        which language
catalogue     messages of Chinese, by their English
translation   an English text in the language that was chosen

Code says everything in English. What is printed for people goes through `translation.translated` on its way out, so that
errors, which may come from a library call, another process or a file, need to know nothing of languages. The catalogues are
`zh_help.json` (what `--help` says) and `zh_messages.json` (everything else); `{}` stands for what a message is filled with.
"""
