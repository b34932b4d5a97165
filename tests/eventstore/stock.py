"""The recorder of the eventsourcing library as it comes, for tests that show its faults."""

from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict


def stock_recorder(dsn: str, *, functions: bool = False) -> PostgresApplicationRecorder:
    """Return it on this database; `functions` is its setting POSTGRES_ENABLE_DB_FUNCTIONS."""
    place = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    store = PostgresDatastore(
        place["dbname"],
        place["host"],
        place["port"],
        place["user"],
        place["password"],
        enable_db_functions=functions,
    )
    return PostgresApplicationRecorder(store)
