"""Batches that aiokafka refuses are read; those it reads are read alike."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natcbus.hub.reading import TolerantRecords

Rows = list[tuple[bytes | None, bytes | None]]
ROWS = st.lists(
    st.tuples(st.none() | st.binary(max_size=40), st.none() | st.binary(max_size=300)),
    min_size=1,
    max_size=8,
)


def batch(rows: Rows, header: str, *, gzip: bool, base: int = 0) -> bytes:
    records = import_module("aiokafka.record.default_records")
    builder = records._DefaultRecordBatchBuilderPy(  # noqa: SLF001 - no client writes such a batch
        magic=2,
        compression_type=int(gzip),
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1_000_000,
    )
    for offset, (key, value) in enumerate(rows):
        builder.append(
            offset, timestamp=1000 + offset, key=key, value=value, headers=[(header, b"value")]
        )
    data = bytearray(builder.build())
    data[:8] = base.to_bytes(8, "big")
    return bytes(data)


def read(data: bytes) -> list[Any]:
    records = TolerantRecords(data)
    found = []
    while records.has_next():
        found += list(records.next_batch())
    return found


class NotUtf8(str):
    """A header name as only a broker would take it."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


@given(first=ROWS, second=ROWS, gzip=st.booleans())
def test_a_header_name_that_is_not_utf_8_costs_the_headers_and_nothing_else(
    first: Rows, second: Rows, gzip: bool
) -> None:
    good = batch(first, "name", gzip=gzip)
    bad = batch(second, NotUtf8("name"), gzip=gzip, base=len(first))
    records = read(good + bad)
    assert [(record.key, record.value) for record in records] == first + second
    assert [record.offset for record in records] == list(range(len(first + second)))
    assert [record.timestamp for record in records[len(first) :]] == [
        1000 + number for number in range(len(second))
    ]
    assert all(not record.headers for record in records[len(first) :])


@given(rows=ROWS, gzip=st.booleans())
def test_what_aiokafka_reads_is_read_with_its_headers(rows: Rows, gzip: bool) -> None:
    records = read(batch(rows, "name", gzip=gzip))
    assert [(record.key, record.value) for record in records] == rows
    assert {record.headers[0][0] for record in records} == {"name"}
