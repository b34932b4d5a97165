# The program attendance, installed from the hashed lock, run by a user who owns nothing.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements-dev.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements-dev.txt
COPY pyproject.toml LICENSE ./
COPY adapters adapters
COPY api api
COPY domain domain
COPY eventstore eventstore
COPY projections projections
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11-slim
RUN useradd --system --create-home attendance
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-deps --no-index /wheels/*.whl
USER attendance
WORKDIR /home/attendance
EXPOSE 8000
ENTRYPOINT ["attendance"]
CMD ["serve"]
