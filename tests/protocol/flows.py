"""The commands of workflows, as the rules say that they work."""

from __future__ import annotations

from collections.abc import Sequence

from skedulr.commands import Entry, Mark, Opened, Stands
from skedulr.states import State
from tests.protocol.entities import LABELS, NEVER_SUBMITTED, Flow, Node
from tests.protocol.model import KEPT_AT_LEAST, RETENTION, Model

HEARD_WITHIN = 30_000
MOST_FORGOTTEN = 20


def begin(
    model: Model, flow_id: str, addition: bytes, entries: Sequence[Entry], title: str | None
) -> Opened:
    """A workflow is opened, or gets more nodes; nothing where one of them cannot be added."""
    flow = model.flows.get(flow_id)
    if flow is None and title is None:
        return Opened("missing")
    if flow is not None and title is not None and flow.token != addition:
        if flow.is_open:
            return Opened("duplicate")
        flow = None
    place = (flow_id, addition)
    if model.opening.get(place) == 0:
        return Opened("given_up")
    there = flow.nodes if flow else {}
    for entry in entries:
        refusal = _stands_against(there.get(entry.name), addition, entry)
        if refusal:
            return Opened(refusal, node=entry.name)
    is_new = flow is None
    flow = flow or Flow(addition, title or "", model.now)
    model.flows[flow_id] = flow
    added = [each for each in entries if _is_wanted(there.get(each.name), addition, each)]
    flow.nodes.update({entry.name: Node(entry.token, entry.node) for entry in added})
    if added or is_new:
        flow.look(model.now)
    if addition and (added or is_new or place in model.opening):
        model.opening[place] = model.now + HEARD_WITHIN
    return Opened("open", len(added))


def _is_wanted(node: Node | None, addition: bytes, entry: Entry) -> bool:
    return node is None or node.was_never_submitted or _is_cancelled(node, addition, entry)


def _is_cancelled(node: Node, addition: bytes, entry: Entry) -> bool:
    """It may be added again by another addition."""
    return bool(addition) and node.stands == State.CANCELLED and node.token != entry.token


def _stands_against(node: Node | None, addition: bytes, entry: Entry) -> str:
    if node is None or (node.was_never_submitted and node.token != entry.token):
        return ""
    if node.was_never_submitted:
        return "given_up"
    is_another = bool(addition) and node.token != entry.token
    return "known" if is_another and not _is_cancelled(node, addition, entry) else ""


def renew(model: Model, flow_id: str, addition: bytes) -> bool:
    """Who is heard of has its time again, unless it was given up."""
    if not model.opening.get((flow_id, addition)):
        return False
    model.opening[flow_id, addition] = model.now + HEARD_WITHIN
    return True


def seal(model: Model, flow_id: str, addition: bytes) -> bool:
    """All of it is submitted, or given up."""
    return model.opening.pop((flow_id, addition), None) is not None


def forsake(
    model: Model, flow_id: str, addition: bytes, names: Sequence[str], *, overdue: bool
) -> str:
    """An addition is given up: of its nodes those that nobody has heard of are cancelled."""
    heard = model.opening.get((flow_id, addition))
    if heard is None:
        return "missing"
    if overdue and heard > model.now:
        return "renewed"
    model.opening[flow_id, addition] = 0
    flow = model.flows.get(flow_id)
    nodes = [flow.nodes[name] for name in names if name in flow.nodes] if flow else []
    unheard = [node for node in nodes if node.token == addition and node.epoch == 0]
    for node in unheard:
        node.epoch, node.stands = NEVER_SUBMITTED, State.CANCELLED
    if flow and unheard:
        flow.look(model.now)
    return "given_up"


def mark(model: Model, marks: Sequence[Mark]) -> int:
    """What is told of a newer epoch counts, and of the same one an end."""
    news = 0
    changed: list[Flow] = []
    for told in marks:
        flow = model.flows.get(told.workflow_id)
        node = flow.nodes.get(told.node) if flow else None
        if flow is None or node is None or told.stands not in LABELS:
            continue
        if node.token != told.token:
            continue
        ends = node.stands == Stands.OPEN and told.stands != Stands.OPEN
        if told.epoch > node.epoch or (told.epoch == node.epoch and ends):
            node.epoch, node.stands = told.epoch, told.stands
            changed.append(flow)
            news += 1
    for flow in changed:
        flow.look(model.now)
    return news


def over(model: Model) -> list[str]:
    """The workflows that a trim may forget."""
    kept = max(model.settings.get("retention", RETENTION), KEPT_AT_LEAST)
    ends = {flow_id: flow.finished for flow_id, flow in model.flows.items()}
    return [flow_id for flow_id, end in ends.items() if end and end <= model.now - kept]
