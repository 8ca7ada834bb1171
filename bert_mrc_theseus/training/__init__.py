"""All that only training uses.

config         settings of a stage
stages         the three stages
loop           the training loop, the same for all
step           one optimisation step
losses, distillation, optimizer, schedules   what a step is made of
resume         checkpoints, from which an interrupted run goes on
log            progress bar, log.csv, TensorBoard
"""
