"""Reads the topics of a bus and says which promises were kept: ``reconcile``.

Independent of the hub: it reads what members said, what was decided, what lies in the feeds, what
members were told and what was put aside; decides every message again under the network version that
its decision names; and compares. It needs no private key and opens no sealed part.
"""

from natcbus.operations.reconciling.codes import Code
from natcbus.operations.reconciling.reconcile import GRACE, reconcile
from natcbus.operations.reconciling.report import Finding, Place, Report

__all__ = ["GRACE", "Code", "Finding", "Place", "Report", "reconcile"]
