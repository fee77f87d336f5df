# One image for all processes: `cms serve` (the default), `cms worker`, `cms migrate`.

FROM python:3.11-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv
WORKDIR /app
# The dependencies come first: they change less often than the code, and so their layer is found again.
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --no-install-project
COPY . .
RUN uv sync --frozen --no-dev

FROM python:3.11-slim
RUN useradd --system --uid 1000 --home-dir /app cms && install --directory --owner cms /var/lib/cms
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 CMS_ENVIRONMENT=production CMS_HOME=/var/lib/cms
USER cms
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live')"]
CMD ["cms", "serve", "--host", "0.0.0.0"]
