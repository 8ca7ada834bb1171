"""The commands, one a module; each is a thin call of plain functions.

app                the program: finds a command, prints errors
streams            standard streams, signals, errors of the operating system
settings_options   options made from settings dataclasses
interruption       commands that are told to end
given_values       what no option can mean
question_options   what is looked for
model_places       models by folder, or by their name on the hub
values             values of options that typer has no type for
preprocess, augment, generate, queries          data
train, evaluate, compare, average, report       models
export, predict, predict_ray, serve              use
bench                                           speed
"""
