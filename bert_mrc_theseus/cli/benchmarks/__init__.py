"""Comparisons of speed, each in one run: the commands of `bench`, one a module.

options                                         options that several benchmarks have
printing                                        tables of benchmarks
predict, train, cold_start, scaling, processes  this project
shared, service                                 parts of it
peers                                           other programs
"""
