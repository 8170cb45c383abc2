"""The rules that keep Faust from losing events, as far as the source can show them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from faust.serializers.codecs import codecs

from natcbus.hub import app as hub_app
from natcbus.hub.app import create_app, faust_settings
from natcbus.hub.errors import UnfitFaustError
from natcbus.hub.fitness import require_compiled_faust
from natcbus.hub.settings import Settings
from tests.support.pass_through import PassThrough

REPOSITORY: Final = Path(__file__).resolve().parents[2]
HUB: Final = REPOSITORY / "agents" / "natcbus" / "hub"
PORTIONS: Final = ("schemas", "agents", "services")

FAUST: Final = {"faust", "aiokafka", "mode"}
FORBIDDEN_CALLS: Final = {
    "take": "acknowledges a whole batch when its body raises",
    "noack_take": "acknowledges over what is not done",
    "send_soon": "is committed over before it leaves the process",
    "maybe_send_on_attach": "nobody waits for the delivery",
    "forward": "copies the sender's headers",
    "ask": "answers to a topic that the sender chooses",
    "pause_partitions": "throws away what it has fetched",
    "add_sink": "runs after the acknowledgement",
    "resubscribe": "loses events while the subscription changes",
}
FORBIDDEN_OPTIONS: Final = {
    "concurrency": "commits over events that are still being worked on",
    "pattern": "crashes the worker",
    "sink": "runs after the acknowledgement",
    "isolated_partitions": "has streams of its own, which lose events",
    "processing_guarantee": "is at_least_once, and nothing else works in this version",
}


def trees(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield str(path.relative_to(REPOSITORY)), ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_only_the_hub_imports_faust() -> None:
    outside = [
        name
        for portion in PORTIONS
        for name, tree in trees(REPOSITORY / portion)
        if not (REPOSITORY / name).is_relative_to(HUB)
        and FAUST & {module.partition(".")[0] for module in imported(tree)}
    ]
    assert outside == []


def forbidden(tree: ast.AST) -> Iterator[str]:
    """What a module of the hub asks of Faust that loses events, each with its line and why."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from forbidden_in(node)
        if isinstance(node, ast.Constant) and node.value == "exactly_once":
            yield f"{node.lineno}: exactly_once is broken in this version"
        if isinstance(node, ast.AsyncFunctionDef):
            # An agent that yields answers to whatever topic a message's header names.
            yield from (
                f"{inner.lineno}: {node.name} yields: sent after the acknowledgement"
                for inner in ast.walk(node)
                if isinstance(inner, ast.Yield | ast.YieldFrom)
            )


def forbidden_in(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in FORBIDDEN_CALLS:
        yield f"{call.lineno}: {name} {FORBIDDEN_CALLS[name]}"
    for option in call.keywords:
        if option.arg in FORBIDDEN_OPTIONS and not is_of_a_setting(option):
            yield f"{call.lineno}: {option.arg} {FORBIDDEN_OPTIONS[option.arg]}"


def is_of_a_setting(option: ast.keyword) -> bool:
    """Whether it is the pattern of a setting's text, and not of topic names."""
    value = option.value
    return option.arg == "pattern" and (
        isinstance(value, ast.Constant) and str(value.value).startswith("^")
    )


def test_nothing_is_used_that_has_lost_events() -> None:
    assert [f"{name}:{what}" for name, tree in trees(HUB) for what in forbidden(tree)] == []


@pytest.mark.parametrize(
    "source",
    [
        *(f"anything.{name}(1)" for name in FORBIDDEN_CALLS),
        *(f"anything({name}=2)" for name in FORBIDDEN_OPTIONS),
        "app.topic(pattern='member.*')",
        "{'processing_guarantee': 'exactly_once'}",
        "async def agent(stream):\n  async for event in stream:\n    yield event",
    ],
)
def test_the_search_finds_each_of_them(source: str) -> None:
    assert len(list(forbidden(ast.parse(source)))) == 1


def test_one_module_acknowledges() -> None:
    acknowledging = {
        name
        for name, tree in trees(HUB)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "ack"
    }
    assert acknowledging == {"agents/natcbus/hub/transport.py"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        bootstrap="127.0.0.1:9092", network=tmp_path, keys=tmp_path, signing_key=tmp_path
    )


def test_fausts_own_variables_have_no_say(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_URL", "kafka://elsewhere:9092")
    monkeypatch.setenv("APP_WEB_ENABLED", "1")
    monkeypatch.setenv("STREAM_WAIT_EMPTY", "0")
    monkeypatch.setenv("PROCESSING_GUARANTEE", "exactly_once")
    monkeypatch.setenv("APP_ENV_PREFIX", "EVIL_")
    app = create_app(settings, PassThrough(["desk.aa.one.feed"], "q"), ["member.aa.out"]).app
    conf = app.conf
    assert [url.host for url in conf.broker] == ["127.0.0.1"]
    assert not conf.web_enabled
    assert conf.stream_wait_empty
    assert not app.in_transaction
    assert not conf.topic_allow_declare
    assert conf.topic_disable_leader


def test_topics_are_read_as_raw_bytes(settings: Settings) -> None:
    app = create_app(settings, PassThrough(["desk.aa.one.feed"], "q"), ["member.aa.out"]).app
    (agent,) = app.agents.values()
    topic = agent.channel
    assert (topic.value_serializer, topic.key_serializer) == ("raw", "raw")
    assert topic.value_type is bytes
    assert agent.concurrency == 1


def test_a_request_may_last_as_long_as_a_session(settings: Settings) -> None:
    slow = settings.model_copy(update={"session_timeout": 45.0})
    assert faust_settings(slow)["broker_request_timeout"] == 45.0


def test_fausts_python_streams_are_refused() -> None:
    require_compiled_faust({})
    with pytest.raises(UnfitFaustError, match="NO_CYTHON"):
        require_compiled_faust({"NO_CYTHON": "1"})


@pytest.mark.filterwarnings("ignore:The pickle codec calls")
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("web_enabled", True, "every interface"),
        ("value_serializer", "pickle", "executed when it is read"),
        ("key_serializer", "json", "serialisers must be raw"),
        ("topic_allow_declare", True, "natcbus topology apply"),
        ("topic_disable_leader", False, "natcbus topology apply"),
        ("reply_create_topic", True, "natcbus topology apply"),
        ("stream_wait_empty", False, "acknowledge events that it interrupts"),
        ("processing_guarantee", "exactly_once", "at_least_once"),
    ],
)
def test_a_hub_whose_faust_loses_events_or_opens_a_door_does_not_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, setting: str, value: object, said: str
) -> None:
    altered = {**faust_settings(settings), setting: value}
    monkeypatch.setattr(hub_app, "faust_settings", lambda _: altered)
    with pytest.raises(UnfitFaustError, match="does not start") as refusal:
        create_app(settings, PassThrough(["desk.aa.one.feed"], "q"), ["member.aa.out"])
    assert said in str(refusal.value)


def test_no_codec_of_this_process_executes_what_it_reads(settings: Settings) -> None:
    create_app(settings, PassThrough(["desk.aa.one.feed"], "q"), ["member.aa.out"])
    assert "pickle" not in codecs
