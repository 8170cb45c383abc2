"""Whether the Faust that is about to run is one that may: what would lose events or open a door.

``app.faust_settings`` says all of this already. It is looked at once more in the application that
Faust made of it, since an upgrade can rename a setting, and a setting that nobody reads any more is
no setting.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from typing import Final, cast

import faust
from faust.serializers.codecs import codecs
from faust.types.enums import ProcessingGuarantee

from natcbus.hub.errors import UnfitFaustError

RAW: Final = "raw"
PICKLE: Final = "pickle"
_PYTHON_STREAMS: Final = "as Faust's Python streams lose events in a rebalance"


def require_compiled_faust(environ: Mapping[str, str]) -> None:
    """Refuse Faust's Python streams: they acknowledge the events that a rebalance makes them skip.

    Raises
    ------
    UnfitFaustError
        If ``NO_CYTHON`` is set, or the compiled module is not installed.
    """
    if environ.get("NO_CYTHON"):
        raise UnfitFaustError(["NO_CYTHON is set: unset it, " + _PYTHON_STREAMS])
    if importlib.util.find_spec("faust._cython.streams") is None:
        missing = "faust._cython.streams is not there: install faust-streaming's wheel, "
        raise UnfitFaustError([missing + _PYTHON_STREAMS])


def require_fit(app: faust.App) -> None:
    """Refuse an application that loses events, listens to the network, or executes what it reads.

    Raises
    ------
    UnfitFaustError
        With everything that is wrong.
    """
    # Whoever may choose a codec by name could have a message executed: nobody can choose this one.
    codecs.pop(PICKLE, None)
    problems = [*_lossy(app), *_open(app), *_reading(app)]
    if problems:
        raise UnfitFaustError(problems)


def _lossy(app: faust.App) -> Iterator[str]:
    conf = app.conf
    if not conf.stream_wait_empty:
        yield "stream_wait_empty is off: a stop would acknowledge events that it interrupts"
    guarantee = cast(ProcessingGuarantee, conf.processing_guarantee)
    if guarantee is not ProcessingGuarantee.AT_LEAST_ONCE:
        yield "processing_guarantee is exactly_once, which leaves the feeds out: use at_least_once"


def _open(app: faust.App) -> Iterator[str]:
    conf = app.conf
    if conf.web_enabled:
        yield "web_enabled is on: Faust's pages listen on every interface and ask for no password"
    if conf.topic_allow_declare or not conf.topic_disable_leader or conf.reply_create_topic:
        yield "Faust would create topics, with one copy: `natcbus topology apply` alone does that"
    if (conf.key_serializer, conf.value_serializer) != (RAW, RAW):
        yield "serialisers must be raw: with pickle a message is executed when it is read"


def _reading(app: faust.App) -> Iterator[str]:
    for name, agent in app.agents.items():
        channel = agent.channel
        if (channel.key_serializer, channel.value_serializer) != (RAW, RAW):
            yield f"agent {name} decodes before it is asked: what it cannot decode would be lost"
        if agent.concurrency != 1:
            yield f"agent {name} has concurrency {agent.concurrency}: that commits over gaps"
