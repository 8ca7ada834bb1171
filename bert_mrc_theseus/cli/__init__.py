"""The commands, one a module; each is a thin call of plain functions.

app                      the program: finds a command, prints errors
streams                  standard streams, signals, errors of the operating system
help, help_layout, line_breaks, panels, examples    what --help shows
complete                 what shells offer for a value
settings_options         options made from settings dataclasses
interruption             commands that are told to end
given_values             what no option can mean
question_options         what is looked for
model_places             models by folder, or by their name on the hub
values                   values of options that typer has no type for
predict, predict_ray, serve                     find entities
preprocess, augment, generate, queries          prepare data
train, compare, average, prune, export          train and compress
evaluate, report, bench, benchmarks             measure
"""
