"""What Prometheus reads: requests, their times, texts, batches."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from bert_mrc_theseus.service.served_models import ServedModels

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the folder in which several processes keep their figures."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The figures of a service. No label has a value that a request could make up."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter("bmt_requests", "Requests answered.", ["path", "status"], registry=registry)
        self.seconds = Histogram(
            "bmt_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["path"],
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )
        self.in_flight = Gauge(
            "bmt_requests_in_flight",
            "Requests taken and not answered yet.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.texts = Counter("bmt_texts", "Texts read.", ["model"], registry=registry)
        self.characters = Counter("bmt_characters", "Characters read.", ["model"], registry=registry)
        self.entities = Counter("bmt_entities", "Entities found.", ["model"], registry=registry)
        self.batch_tasks = Histogram(
            "bmt_batch_tasks",
            "Tasks of one batch.",
            registry=registry,
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
        )
        self.batch_tokens = Counter("bmt_batch_tokens", "Tokens of all batches.", registry=registry)
        self.waiting = Gauge(
            "bmt_waiting_tokens",
            "Tokens that no batch has taken yet.",
            ["model"],
            registry=registry,
            multiprocess_mode="livesum",
        )

    def on_batch(self, tasks: int, tokens: int) -> None:
        """Counts a batch."""
        self.batch_tasks.observe(tasks)
        self.batch_tokens.inc(tokens)

    def text(self, models: ServedModels) -> bytes:
        """All figures, of all processes of the service."""
        for model in models:
            self.waiting.labels(model.name).set(model.batcher.waiting)
        registry = self._registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry)
