"""Many rows at once: PostgreSQL's COPY inside the caller's transaction."""

from __future__ import annotations

import io

import pandas as pd
from sqlalchemy import Connection, Table


def copy_rows(connection: Connection, table: Table, frame: pd.DataFrame) -> int:
    """
    Append a frame's rows to a table, columns by name; returns how many. Missing values become NULL.

    A hundred thousand rows take a second where one INSERT a row takes a minute. Numbers keep every bit.
    """
    unknown = [name for name in frame.columns if name not in table.c]
    if unknown:
        raise ValueError(f"Table {table.name} has no column {', '.join(unknown)}.")
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in frame.columns)
    text = io.StringIO()
    frame.to_csv(text, header=False, index=False)
    driver = connection.connection.driver_connection
    assert driver is not None
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(text.getvalue())
    return len(frame)
