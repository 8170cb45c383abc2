"""How a recipient must handle what it gets: marks of the sender, combined, most restrictive first.

Marks meet where an update follows an alert, where a field is stricter than its message, and where
cases are merged. Then every code of each of them holds, and of two levels the stricter one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Final

from natcbus.contract.types.core import EuropolCode, Handling, Pap, Tlp

_TLP: Final = (Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR)
_PAP: Final = (Pap.RED, Pap.AMBER, Pap.GREEN, Pap.CLEAR)


@dataclass(frozen=True, slots=True)
class EffectiveHandling:
    """What marks mean for whoever has the content.

    Attributes
    ----------
    court_use
        Whether it may be disclosed in judicial proceedings without asking the provider (H1).
    onward
        Whether it may be passed on, published or exported without asking the provider (H2).
    read_first
        Whether the provider's own restrictions must be read before the content opens (H3).
    """

    tlp: Tlp
    pap: Pap
    europol: tuple[EuropolCode, ...]
    court_use: bool
    onward: bool
    read_first: bool


def combined(first: Handling, *others: Handling) -> Handling:
    """The marks that hold where all of these do."""
    return reduce(_stricter, others, _stricter(first, first))


def effective(first: Handling, *others: Handling) -> EffectiveHandling:
    """What the combination of these marks means."""
    marks = combined(first, *others)
    return EffectiveHandling(
        tlp=marks.tlp,
        pap=marks.pap,
        europol=marks.europol,
        court_use=EuropolCode.H1 not in marks.europol,
        onward=EuropolCode.H2 not in marks.europol,
        read_first=EuropolCode.H3 in marks.europol,
    )


def lowers(later: Handling, earlier: Handling) -> bool:
    """Whether ``later`` allows anything that ``earlier`` does not.

    Only the originator may lower the handling of a case, and then for what follows; raising it is
    a late restriction, which recipients must obey (Regulation (EU) 2016/794 Art. 19).
    """
    return combined(later, earlier) != combined(later)


def _stricter(one: Handling, other: Handling) -> Handling:
    return Handling(
        tlp=_TLP[min(_TLP.index(one.tlp), _TLP.index(other.tlp))],
        europol=tuple(sorted({*one.europol, *other.europol})),
        pap=_PAP[min(_PAP.index(one.pap), _PAP.index(other.pap))],
    )
