"""`compare`: ways to compress a predecessor, side by side.

methods        what is compared
compare        training, evaluating, and the table
"""
