"""The HTTP service: `bert-mrc-theseus serve`. No TensorFlow; needs the extra `serve`.

settings        what it is told when it starts
bodies          what requests and answers hold
batching        texts of concurrent requests, read in common batches
served_models   the models by name, and how a request is read
reading         documents of a request -> the same with entities
offsets         offsets in UTF-16 units
answers         documents with entities -> what is answered
streams         newline-delimited JSON, in and out
uploads         files, answered in any output format
problems        why a request is not answered
security        tokens, hosts, origins
limits          sizes, times, how many at a time; the log
metrics         what Prometheus reads
routes          the paths
app             all of it as one application
start           uvicorn, one or several processes
"""
