"""What users of the SDK may import, and what the SDK may not drag in."""

from __future__ import annotations

import subprocess
import sys

import natcbus.client


def test_the_public_names_are_pinned() -> None:
    assert natcbus.client.__all__ == [
        "Context",
        "Delivery",
        "IncompatibleError",
        "NatcbusError",
        "Problem",
        "Published",
        "Publisher",
        "Refused",
        "RejectedError",
        "Start",
        "State",
        "Subscriber",
        "UnavailableError",
    ]


def test_users_catch_three_errors() -> None:
    leaves = {
        natcbus.client.RejectedError,
        natcbus.client.UnavailableError,
        natcbus.client.IncompatibleError,
    }
    assert {each.__mro__[1] for each in leaves} == {natcbus.client.NatcbusError}


def test_importing_the_sdk_imports_no_extra() -> None:
    program = (
        "import sys, natcbus.client; "
        "print(sorted({'faust', 'mode', 'aiokafka', 'pydantic', 'rich', 'typer', "
        "'prometheus_client', 'avro'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
