"""Benchmarks: commands that compare in one run, on the same texts and weights, and write down how.

machine            what a benchmark ran on
measured_process   a command's wall time and peak memory
disk_size          what a program takes on the disk
processes          `predict` alone, its workers, and Ray
own_process        a contender in a process of its own
workload           texts and types, and how much arithmetic they are
torch_model        a saved model in PyTorch
contenders         engines that are compared
predict, predict_worker          every engine on every model
train, train_worker              optimisation steps
peers, peer_worker, peers_table   our models beside programs of others
peer_programs      those programs
name_types         the types that all know
shared_context     what shared layers save
cold_start         one sentence, from start to end
service            the HTTP service under load
scaling            does time grow with the input, and memory not
"""
