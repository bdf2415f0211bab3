"""A table written as TSV and Parquet at once, part by part, the same bytes every time.

Nothing in them tells when or where they were made; rows come in the order given.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from brainsand.cohort.dictionary import Column

_TYPES: Final[Mapping[str, Any]] = {
    "text": pa.string(),
    "real": pa.float64(),
    "whole": pa.int64(),
    "yes": pa.bool_(),
}
Row = Mapping[str, Any]


def schema_of(columns: Sequence[Column]) -> Any:
    """The columns' types as Parquet keeps them."""
    return pa.schema([(c.name, _TYPES[c.type]) for c in columns])


class TableOut:
    """A table being written; in place when :func:`tables_out` ends well."""

    def __init__(self, folder: Path, name: str, schema: Any, *, tsv: bool = True) -> None:
        self.schema, self.rows = schema, 0
        self._paths = [folder / f"{name}.parquet", *([folder / f"{name}.tsv"] if tsv else [])]
        self._drafts = [p.with_name(f".{p.name}.{os.getpid()}.part") for p in self._paths]
        self._parquet = pq.ParquetWriter(self._drafts[0], schema, compression="zstd", version="2.6")
        self._tsv = self._drafts[1].open("wb") if tsv else None
        if self._tsv:
            self._tsv.write("\t".join(schema.names).encode() + b"\n")

    def add(self, rows: Sequence[Row]) -> None:
        """Write some rows."""
        columns = [pa.array([row[f.name] for row in rows], type=f.type) for f in self.schema]
        self.add_table(pa.Table.from_arrays(columns, schema=self.schema))

    def add_table(self, table: Any) -> None:
        """Write some rows that are columns already."""
        if table.num_rows:
            self.rows += table.num_rows
            self._parquet.write_table(table)
            if self._tsv:
                self._tsv.write(tsv_bytes(table))

    def close(self, *, keep: bool) -> None:
        """Put both files in their place, or take them away."""
        self._parquet.close()
        if self._tsv:
            self._tsv.close()
        for draft, path in zip(self._drafts, self._paths, strict=True):
            if keep:
                os.replace(draft, path)
            else:
                draft.unlink(missing_ok=True)


def tsv_bytes(table: Any) -> bytes:
    """Rows as BIDS writes them: tabs, ``n/a`` where a value is not known, no header.

    >>> tsv_bytes(pa.table({"a": [1.5, None], "b": ["x\\ty", "z"]}))
    b'1.5\\tx y\\nn/a\\tz\\n'
    """
    columns = [_words(column) for column in table.columns]
    stream = io.BytesIO()
    how = pa_csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    pa_csv.write_csv(pa.Table.from_arrays(columns, names=table.column_names), stream, how)
    return stream.getvalue()


def _words(column: Any) -> Any:
    words = column.cast(pa.string())
    if pa.types.is_string(column.type):
        words = pc.replace_substring_regex(words, pattern=r"[\t\r\n\"]+", replacement=" ")
    return pc.fill_null(words, "n/a")


@contextlib.contextmanager
def tables_out(folder: Path, tables: Mapping[str, Sequence[Column]]) -> Iterator[dict[str, TableOut]]:
    """Tables to fill; all of them are put in place at the end, or none."""
    open_ = {name: TableOut(folder, name, schema_of(columns)) for name, columns in tables.items()}
    try:
        yield open_
    except BaseException:
        for table in open_.values():
            with contextlib.suppress(Exception):
                table.close(keep=False)
        raise
    for table in open_.values():
        table.close(keep=True)


def write_table(folder: Path, name: str, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """One small table, TSV alone."""
    data = list(rows)
    schema = schema_of(columns)
    arrays = [pa.array([row.get(f.name) for row in data], type=f.type) for f in schema]
    text = "\t".join(schema.names).encode() + b"\n"
    draft = folder / f".{name}.{os.getpid()}.part"
    draft.write_bytes(text + (tsv_bytes(pa.Table.from_arrays(arrays, schema=schema)) if data else b""))
    os.replace(draft, folder / name)
