from bert_mrc_theseus.service.metrics import Metrics


def test_what_is_counted_is_shown():
    metrics = Metrics()
    metrics.on_batch(3, 40)
    metrics.on_batch(1, 2)
    text = metrics.text([]).decode()
    assert "bmt_batch_tokens_total 42.0" in text and "bmt_batch_tasks_count 2.0" in text


def test_no_label_is_made_up_by_a_request(client):
    client.get("/v1/secret-path")
    client.get("/v1/models?text=secret-text")
    metrics = client.get("/metrics").text
    assert "secret" not in metrics and 'path="other",status="404"' in metrics
