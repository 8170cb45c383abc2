"""What stands in a member's own topic, as any Kafka client sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass

from natcbus.client import Context
from natcbus.client.following import Follower
from natcbus.contract.codec import decode_message, read_frame
from natcbus.routing.topics import out_topic


@dataclass(frozen=True)
class Copy:
    """One record: which message it is a copy of, and a digest of all its bytes."""

    message_id: str
    thread_id: str
    digest: str


def copies(context: Context, threads: Collection[str]) -> list[Copy]:
    """Every record of these threads, in the order of their partitions."""
    found = []
    with closing(Follower(context, out_topic(context.member))) as follower:
        follower.begin()
        for record in follower.records(until_end=True):
            value = record.value or b""
            header = decode_message(*read_frame(value)).signed.header
            if header.thread_id in threads:
                digest = hashlib.sha256(value).hexdigest()
                found.append(Copy(header.message_id, header.thread_id, digest))
    return found


def first_copies(found: Collection[Copy], thread_id: str) -> list[str]:
    """The messages of a thread in the order in which they came first."""
    return list(dict.fromkeys(each.message_id for each in found if each.thread_id == thread_id))
