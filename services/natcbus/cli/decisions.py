"""How a decision is shown: who gets a message, in which view, and why; who does not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from natcbus.cli.output import Output, listed, table, view_text
from natcbus.cli.visible import visible
from natcbus.contract.assembly import Json
from natcbus.contract.types.core import Header
from natcbus.routing.decision import Decision, Delivery, Denial, Reason, View
from natcbus.routing.network import Network
from natcbus.routing.reasons import explain, explain_denial, tlp_label


def delivery_json(delivery: Delivery, network: Network) -> dict[str, Json]:
    """``desk``, ``view``, ``compartments``, ``because``."""
    return {
        "desk": delivery.desk,
        "view": delivery.view.value,
        "compartments": list(delivery.compartments),
        "because": reasons_json(delivery.because, delivery.desk, network),
    }


def reasons_json(because: Iterable[Reason], desk: str, network: Network) -> list[Json]:
    """For each reason its ``code`` and ``text``."""
    return [
        {"code": reason.code, "text": explain(reason.code, reason.about, network, desk)}
        for reason in because
    ]


def denial_json(denial: Denial, network: Network, header: Header | None) -> dict[str, Json]:
    """``desk``, ``code``, ``text``."""
    text = explain_denial(denial.code, network, denial.desk, header)
    return {"desk": denial.desk, "code": denial.code, "text": text}


def show_decision(
    deliveries: Sequence[Delivery],
    denials: Sequence[Denial],
    network: Network,
    header: Header | None,
    output: Output,
) -> None:
    """Print who gets it and who does not, as tables with a line that counts."""
    output.show(deliveries_table(deliveries, network))
    output.say()
    output.say(counted(deliveries), style="bold")
    if denials:
        output.say()
        output.show(denials_table(denials, network, header))


def deliveries_table(deliveries: Iterable[Delivery], network: Network) -> Table:
    """One row per desk that receives, the widest view first; designation notes once, below."""
    rows = table("desk", "view", "may open", "because")
    notes: dict[str, None] = {}
    for view, group in groupby(sorted(deliveries, key=_by_view), key=lambda each: each.view):
        for delivery in group:
            texts, its_notes = because_texts(delivery.because, delivery.desk, network)
            notes.update(dict.fromkeys(its_notes))
            rows.add_row(
                visible(delivery.desk),
                view_text(view),
                listed(delivery.compartments, "the open part only"),
                " ".join(texts),
            )
        rows.add_section()
    rows.caption = "\n".join(f"* {visible(note)}" for note in notes) or None
    return rows


def because_texts(
    because: Iterable[Reason], desk: str, network: Network
) -> tuple[list[str], list[str]]:
    """The reasons as sentences, and apart from them the designation notes that belong to them."""
    texts: list[str] = []
    notes: list[str] = []
    for reason in because:
        text = explain(reason.code, reason.about, network, desk)
        for note in network.designations.values():
            if text.endswith(f" * {note}"):
                text = text.removesuffix(f" * {note}")
                notes.append(note)
        texts.append(visible(text))
    return texts, notes


def _by_view(delivery: Delivery) -> tuple[int, str]:
    return list(View).index(delivery.view), delivery.desk


def denials_table(denials: Iterable[Denial], network: Network, header: Header | None) -> Table:
    """One row per sentence of refusal, with the desks that it is about."""
    rows = table("does not receive", "why not")
    explained = [
        (explain_denial(denial.code, network, denial.desk, header), denial) for denial in denials
    ]
    explained.sort(key=lambda pair: (pair[1].code, pair[0], pair[1].desk))
    for text, group in groupby(explained, key=lambda pair: pair[0]):
        same = [denial for _, denial in group]
        rows.add_row(
            listed(denial.desk for denial in same),
            Text.assemble((visible(same[0].code), "red"), f" {visible(text)}"),
        )
    return rows


def counted(deliveries: Sequence[Delivery]) -> str:
    """How many receive it: ``12 desks receive it: 5 full, 6 reduced, 1 notice.``."""
    if not deliveries:
        return "Nobody receives it."
    views = Counter(delivery.view for delivery in deliveries)
    each = ", ".join(f"{views[view]} {view.value}" for view in View if views[view])
    desks = "1 desk receives" if len(deliveries) == 1 else f"{len(deliveries)} desks receive"
    return f"{desks} it: {each}."


def headline(header: Header) -> Text:
    """What kind of message it is, on one line."""
    return Text.assemble(
        (f"{header.type} {header.kind}", "bold"),
        f" from {visible(header.from_)}, {header.urgency}, {header.purpose}, ",
        (tlp_label(header.handling.tlp), "bold"),
        "" if header.status == "ACTUAL" else f", {header.status}",
    )


def network_line(decision: Decision, network: Network) -> Text:
    """Under which network and rules it was decided, on one line."""
    example = " (example)" if network.example else ""
    return Text(
        f"on {visible(network.name)}{example} version {decision.network_version}, "
        f"engine {decision.engine}, decision {decision.digest.hex()[:16]}",
        style="dim",
    )
