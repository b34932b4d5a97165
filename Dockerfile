# The program attendance, installed from the hashed lock and nothing beside it, run by a user who owns nothing.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/attendance
COPY requirements.txt requirements-dev.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements-dev.txt \
    && /opt/attendance/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml LICENSE ./
COPY adapters adapters
COPY api api
COPY domain domain
COPY eventstore eventstore
COPY projections projections
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/attendance/bin/pip install --no-cache-dir --no-deps --no-index /wheels/*.whl \
    && /opt/attendance/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin attendance \
    && install --directory --owner attendance --group attendance --mode 700 /var/lib/attendance/erasures
COPY --from=build /opt/attendance /opt/attendance
ENV PATH=/opt/attendance/bin:$PATH PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER 10001:10001
WORKDIR /var/lib/attendance
EXPOSE 8000
ENTRYPOINT ["attendance"]
CMD ["serve"]
