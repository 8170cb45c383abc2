"""What a decision costs as the Network grows: with candidates, and not with desks."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping

import yaml

from natcbus.contract.catalogue import load_catalogue
from natcbus.contract.golden import example
from natcbus.routing.decide import decide
from natcbus.routing.loading import load_network
from natcbus.routing.network import Network
from tests.bench.stages import microseconds
from tests.support.networks import example_files

FAR = "zz"
"""An organisation without a country: no role of the example's alert points at its desks."""


def network_text(desks: int) -> Mapping[str, str]:
    """The example Network with one more member that has so many desks."""
    desk = {
        "name": "Hotline",
        "organisation": "HOTLINE",
        "competences": ["VICTIM_REFERRAL"],
        "purposes": ["PROTECT_VICTIM"],
        "statuses": ["ACTUAL"],
        "regime": "GDPR",
        "languages": ["en"],
        "hours": "24/7",
    }
    member = {
        "name": "Far away",
        "tier": "MEMBER",
        "desks": {f"{FAR}.desk-{number}": desk for number in range(desks)},
    }
    text = yaml.dump({"members": {FAR: member}}, Dumper=_Plain, allow_unicode=True)
    return {**example_files(), "members/zz.yaml": text}


class _Plain(yaml.CSafeDumper):
    """Writes the same desk out each time: an anchor would make the file unlike any real one."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def deciding(network: Network) -> float:
    """Microseconds to decide the example of a missing person: two dozen candidates."""
    event = example(load_catalogue().types["missing_person"])
    name, present = event.type.name, tuple(event.sealed)
    return microseconds(lambda: decide(name, event.header, event.open, present, network))


def compiling(desks: int) -> tuple[Network, float]:
    """A Network with so many more desks, and the seconds it took from YAML text to compiled."""
    files, audiences = network_text(desks), load_catalogue().audiences
    gc.collect()
    begun = time.perf_counter()
    network = load_network(files, audiences)
    return network, time.perf_counter() - begun


def deciding_at_size() -> dict[str, float]:
    """Figures for the bounds: decisions in microseconds, compiling in seconds."""
    near, _ = compiling(100)
    thousand, _ = compiling(1_000)
    far, seconds = compiling(10_000)
    gc.freeze()
    return {
        "decide, 100 desks more": deciding(near),
        "decide, 1,000 desks more": deciding(thousand),
        "decide, 10,000 desks more": deciding(far),
        "compile 10,000 desks (s)": seconds,
    }
