"""What the hub tells librdkafka, and that librdkafka understands it."""

from __future__ import annotations

from pathlib import Path

import confluent_kafka
import pytest
from pydantic import SecretStr

from natcbus.hub.librdkafka import to_read, to_write
from natcbus.hub.settings import Profile, Security
from tests.support.certificates import certificate
from tests.support.hub_settings import settings_of

BROKER = "127.0.0.1:9092"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A certificate that vouches for itself, with its key."""
    of, key = certificate(tmp_path)
    return {"ca_file": of, "certificate_file": of, "key_file": key}


@pytest.mark.parametrize("profile", list(Profile))
def test_what_is_acknowledged_is_on_all_replicas_and_in_order(
    tmp_path: Path, profile: Profile
) -> None:
    settings = settings_of(BROKER, tmp_path).model_copy(update={"profile": profile})
    told = to_write(settings)
    assert told["acks"] == "all"
    assert told["enable.idempotence"] or told["max.in.flight"] == 1
    assert told["enable.idempotence"] is (profile is not Profile.EMBEDDED)


def test_a_record_is_never_given_up_by_the_client_alone(tmp_path: Path) -> None:
    # The next one of its thread would overtake it: only the watchdog ends the waiting, for all.
    assert to_write(settings_of(BROKER, tmp_path))["message.timeout.ms"] == 0


def test_a_key_is_placed_as_by_other_clients(tmp_path: Path) -> None:
    assert to_write(settings_of(BROKER, tmp_path))["partitioner"] == "murmur2_random"


def test_reading_commits_nothing_and_skips_nothing(tmp_path: Path) -> None:
    told = to_read(settings_of(BROKER, tmp_path))
    assert told["enable.auto.commit"] is told["enable.auto.offset.store"] is False
    assert told["auto.offset.reset"] == "earliest"
    assert told["check.crcs"] is True


def test_the_library_takes_every_setting_of_an_encrypted_connection(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    settings = settings_of(BROKER, tmp_path, Profile.SINGLE, security=Security.SSL, **files)
    to = to_write(settings)
    assert to["security.protocol"] == to_read(settings)["security.protocol"] == "SSL"
    assert to["ssl.ca.location"] == str(files["ca_file"])
    assert confluent_kafka.Producer(dict(to)) is not None
    assert confluent_kafka.Consumer(dict(to_read(settings))) is not None
    # And it does read them: with a key that is none it refuses.
    files["key_file"].write_text("no key")
    with pytest.raises(confluent_kafka.KafkaException, match=r"ssl\.key\.location"):
        confluent_kafka.Producer(dict(to))
    with pytest.raises(confluent_kafka.KafkaException, match=r"ssl\.key\.location"):
        confluent_kafka.Consumer(dict(to_read(settings)))


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"])
def test_the_library_takes_a_name_and_a_password(
    tmp_path: Path, files: dict[str, Path], mechanism: str
) -> None:
    settings = settings_of(
        BROKER,
        tmp_path,
        security=Security.SASL_SSL,
        ca_file=files["ca_file"],
        sasl_mechanism=mechanism,
        sasl_username="hub",
        sasl_password=SecretStr("a secret"),
    )
    for told in (to_write(settings), to_read(settings)):
        assert (told["sasl.mechanism"], told["sasl.username"]) == (mechanism, "hub")
        assert told["sasl.password"] == "a secret"
    assert confluent_kafka.Producer(dict(to_write(settings))) is not None
    assert confluent_kafka.Consumer(dict(to_read(settings))) is not None


def test_a_plain_connection_is_told_nothing_of_keys(tmp_path: Path) -> None:
    told = to_write(settings_of(BROKER, tmp_path))
    assert told["security.protocol"] == "PLAINTEXT"
    assert not [name for name in told if name.startswith(("ssl.", "sasl."))]
