"""The SDK: publish and subscribe for a member's own systems.

Ten lines are enough for either: see ``docs/examples``.
"""

import logging

from natcbus.client.contexts import Context
from natcbus.client.entries import State
from natcbus.client.errors import (
    IncompatibleError,
    NatcbusError,
    RejectedError,
    UnavailableError,
)
from natcbus.client.opening import Delivery
from natcbus.client.publisher import Published, Publisher
from natcbus.client.subscriber import Refused, Start, Subscriber
from natcbus.contract.problems import Problem

__all__ = [
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

# The user's program decides what becomes of log lines; none of them holds content.
logging.getLogger(__name__).addHandler(logging.NullHandler())
