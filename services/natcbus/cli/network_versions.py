"""``natcbus network check | sign | publish``: versions of a network, from review to the bus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from natcbus.cli.connections import brokers_of
from natcbus.cli.failures import CommandError, Exit
from natcbus.cli.inputs import the_time
from natcbus.cli.judging import located
from natcbus.cli.network_sources import TOPIC, TrustedOption, network_of, secretariat_of
from natcbus.cli.options import BootstrapOption, ContextOption, JsonOption
from natcbus.cli.output import Output, listed, moment
from natcbus.cli.visible import visible
from natcbus.client.keystore import signing_key_in
from natcbus.contract.assembly import Json
from natcbus.contract.shapes import write_instant
from natcbus.envelope.network_document import SIGNATURES_NEEDED, NetworkDocument
from natcbus.envelope.secretariat import Secretariat
from natcbus.operations.network_checking import CheckedNetwork, check_directory, check_document
from natcbus.operations.network_files import read_document
from natcbus.operations.network_publishing import publish_network
from natcbus.operations.network_signing import draw_up, sign_directory
from natcbus.routing.network import Network

AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="WHERE",
        help=f"The version in use: a directory, a signed document, or `{TOPIC}`.",
    ),
]


def add_to(group: typer.Typer) -> None:
    """Add the commands of this module to ``natcbus network``."""
    for command in (check, sign, publish):
        group.command()(command)


def check(
    what: Annotated[
        Path, typer.Argument(metavar="DIR|FILE", help="Network YAML, or a signed document.")
    ],
    against: AgainstOption = None,
    trusted: TrustedOption = None,
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with a network, each with its file, its line and a fix.

    Of a directory the policy and the public keys are looked at, also for rules that can never
    fire; of a signed document also its signatures. With --against, whether its version has risen.
    """
    output = Output(as_json=as_json)
    in_use = None if against is None else network_of(against, trusted, bootstrap, context, output)
    found = _checked(what, in_use, trusted, context, output)
    if found.problems or found.network is None:
        raise CommandError(Exit.WRONG_INPUT, map(located, found.problems))
    if as_json:
        output.document({"ok": True, **summary_json(found.network), "errors": []})
        return
    signed = "" if found.document is None else f", signed by {len(found.document.signatures)}"
    output.say(f"{visible(str(what))} is right: {counts(found.network)}{signed}.")


def sign(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory of network YAML.")],
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="A private key of the secretariat.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="The document; else network-VERSION.json, here."
        ),
    ] = None,
    trusted: TrustedOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Add one signature to a document of this network, which is begun where it is not there.

    Two people sign: each runs this on a checkout and with a key of their own. What the second one
    has must be what the first one signed.
    """
    output = Output(as_json=as_json)
    secretariat = secretariat_of(directory, trusted, None, output)
    signer = signing_key_in(key)
    now = the_time()
    file = out or Path(f"network-{draw_up(directory, now).version}.json")
    document = sign_directory(directory, file, signer, secretariat, now)
    if as_json:
        output.document(_document_json(document, file, secretariat))
        return
    missing = SIGNATURES_NEEDED - len(document.signatures)
    output.say(f"{visible(str(file))}: version {document.version}, digest {_short(document)}")
    output.say(f"holds from {moment(document.not_before)} until {moment(document.expires_at)}")
    output.say(f"signed by {listed(_holders(document, secretariat))}")
    if missing > 0:
        output.say(f"{missing} more must sign before it can be published.", style="yellow")
    else:
        output.say(f"Publish it with `natcbus network publish {visible(str(file))}`.")


def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A signed document.")],
    trusted: TrustedOption = None,
    bootstrap: BootstrapOption = None,
    context: ContextOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Put a signed version on `hub.network`: hub and nodes take it from there by themselves.

    Refused is what every reader would refuse. Publishing the newest version again does nothing.
    """
    output = Output(as_json=as_json)
    document = read_document(file)
    secretariat = secretariat_of(None, trusted, context, output)
    brokers = brokers_of(bootstrap, context)
    done = publish_network(brokers.bootstrap, document, secretariat, the_time(), brokers.security)
    if as_json:
        output.document(
            {
                "version": done.version,
                "digest": document.digest.hex(),
                "not_before": write_instant(document.not_before),
                "expires_at": write_instant(document.expires_at),
                "offset": done.offset,
                "repeated": done.repeated,
            }
        )
        return
    what = f"Version {done.version} is {'already ' if done.repeated else ''}on hub.network"
    output.say(f"{what}, record {done.offset}; it holds until {moment(document.expires_at)}.")


def counts(network: Network) -> str:
    """How large a network is."""
    return f"{len(network.members)} members, {len(network.desks)} desks"


def summary_json(network: Network) -> dict[str, Json]:
    """What identifies a network, and how large it is."""
    return {
        "name": network.name,
        "version": network.version,
        "digest": network.digest.hex(),
        "expires_at": None if network.expires_at is None else write_instant(network.expires_at),
        "members": len(network.members),
        "desks": len(network.desks),
    }


def _checked(
    what: Path,
    in_use: Network | None,
    trusted: Path | None,
    context: str | None,
    output: Output,
) -> CheckedNetwork:
    if not what.is_file():
        return check_directory(what, the_time(), in_use)
    secretariat = secretariat_of(None, trusted, context, output)
    return check_document(what, secretariat, the_time(), in_use)


def _document_json(document: NetworkDocument, file: Path, secretariat: Secretariat) -> Json:
    return {
        "file": str(file),
        "version": document.version,
        "digest": document.digest.hex(),
        "not_before": write_instant(document.not_before),
        "expires_at": write_instant(document.expires_at),
        "signed_by": [*_holders(document, secretariat)],
        "needed": SIGNATURES_NEEDED,
        "complete": len(document.signatures) >= SIGNATURES_NEEDED,
    }


def _holders(document: NetworkDocument, secretariat: Secretariat) -> list[str]:
    return [secretariat.holders[each.key_id] for each in document.signatures]


def _short(document: NetworkDocument) -> str:
    return document.digest.hex()[:16]
