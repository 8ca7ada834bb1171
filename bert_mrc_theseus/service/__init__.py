"""The HTTP service: `bert-mrc-theseus serve`. No TensorFlow; needs the extra `serve`.

settings        what it is told when it starts
bodies          what requests and answers hold
batching        texts of concurrent requests, read in common batches
served_models   the models by name, and how a request is read
reading         documents of a request -> the same with entities
offsets         offsets in UTF-16 units
answering       the documents of a request, read, counted, and given up when they take too long
answers         documents with entities -> what is answered
streams         newline-delimited JSON, in and out
uploads         files, answered in any output format
problems        why a request is not answered
security        tokens, hosts, origins
limits          sizes, times, how many at a time; the log
metrics         what Prometheus reads
routes          the paths
label_config    a Label Studio project's labelling configuration -> what labels which text
label_map       types of a model -> labels of a project
label_studio    tasks of Label Studio -> documents -> predictions
label_studio_routes  the paths of Label Studio's ML backends
page            the web page: its files, which lie in web/, and what it asks
app             all of it as one application
protocol        HTTP, and how much of it one connection may take
start           uvicorn, one or several processes
"""
