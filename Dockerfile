# The HTTP service: prediction only, no TensorFlow, not root.
#
#   docker build -t bert-mrc-theseus .
#   docker run -p 8000:8000 -e BMT_TOKEN=choose-one bert-mrc-theseus
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY bert_mrc_theseus bert_mrc_theseus
COPY preprocess preprocess
COPY data data
RUN python -m venv /opt/service && /opt/service/bin/pip install --no-cache-dir '.[serve]'

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home --home-dir /home/service service
COPY --from=build /opt/service /opt/service
USER service
WORKDIR /home/service
ENV PATH=/opt/service/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
STOPSIGNAL SIGTERM
# Reached from outside of the container, so it needs BMT_TOKEN, or --no-token said aloud.
ENTRYPOINT ["bert-mrc-theseus", "serve", "--host", "0.0.0.0"]
