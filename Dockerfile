# Two stages: what builds the package does not stay in the image.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/tabularium \
    && /opt/tabularium/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && python -m pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY . .
RUN python -m hatchling build --target wheel \
    && /opt/tabularium/bin/pip install --no-cache-dir --no-deps dist/*.whl \
    && /opt/tabularium/bin/python -m compileall -q /opt/tabularium

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tabularium \
    && install -d -o tabularium -g tabularium -m 0700 /data
COPY --from=build /opt/tabularium /opt/tabularium
ENV PATH=/opt/tabularium/bin:$PATH \
    HOST=0.0.0.0 \
    DATA_DIR=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER tabularium
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=40s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '3000') + '/api/health')"]
ENTRYPOINT ["tabularium"]
CMD ["serve", "/app/app.yaml"]
