"""Reading interventions: a case's ladder, which powers somebody may use, what waits to be authorised, what happened to each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from config import agreed
from config.agreed.powers import Power
from sentinel.access.models import Team, User
from sentinel.cases import incidents, states
from sentinel.cases.models import Case, CaseEvent, Party
from sentinel.cases.queries import may_see_full
from sentinel.cases.service import CASEWORK
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer
from sentinel.interventions.models import Hearing, Intervention
from sentinel.interventions.rules import CARRIED_OUT, more_to_consider


def power_of(key: str) -> Power | None:
    """The power as the standards describe it now, None when they no longer do."""
    return next((power for power in agreed.current().powers.power if power.key == key), None)


def power_name(key: str) -> str:
    """What a power is called; its key when the standards no longer know it."""
    found = power_of(key)
    return found.name if found else key.replace("_", " ").capitalize()


def of_case(case: Case) -> Sequence[Intervention]:
    """Everything tried or considered on a case, as it came."""
    return db.session.scalars(
        select(Intervention)
        .where(Intervention.case_id == case.id)
        .order_by(Intervention.proposed_at, Intervention.id)
        .options(
            joinedload(Intervention.party).joinedload(Party.person),
            joinedload(Intervention.proposer),
            joinedload(Intervention.authoriser),
            joinedload(Intervention.carer),
        )
    ).all()


def intervention_of(case: Case, key: UUID) -> Intervention:
    """One intervention of this case, or nothing is there."""
    found = db.session.get(Intervention, key)
    if found is None or found.case_id != case.id:
        raise NotFound
    return found


def hearings_of(case: Case) -> Sequence[Hearing]:
    """The hearings about a case, the latest day last."""
    return db.session.scalars(select(Hearing).where(Hearing.case_id == case.id).order_by(Hearing.at, Hearing.id)).all()


def hearing_of(case: Case, key: UUID) -> Hearing:
    """One hearing of this case, or nothing is there."""
    found = db.session.get(Hearing, key)
    if found is None or found.case_id != case.id:
        raise NotFound
    return found


def held_by(actor: User) -> tuple[str, ...]:
    """The keys of the powers that the partners hold today for which this person works cases."""
    today = clock.today()
    partners = {held.team.partner for held in actor.holdings if held.role in CASEWORK}
    return tuple(sorted({power.power_key for partner in partners for power in partner.powers if power.held_on(today)}))


def usable(actor: User) -> dict[str, Power]:
    """The powers this person may use today, by key: switched on, valid, and held by their partner."""
    return {power.key: power for power in agreed.current().powers.usable(clock.today(), held_by(actor))}


def why_not(power: Power, actor: User) -> str:
    """Why this person cannot use a power today; nothing when they can."""
    if not power.active:
        return power.reason or ""
    if power.key not in held_by(actor):
        return f"{actor.partner.name} does not hold this power."
    return "" if power.valid_on(clock.today()) else "Its dates: it is not valid today."


def may_answer(actor: User, intervention: Intervention) -> bool:
    """Holds the right to authorise this one: the role the power names, at the owning partner, and did not propose it."""
    power = power_of(intervention.power_key)
    role = power.authoriser if power and power.authoriser else "supervisor"
    owner = intervention.case.owner_partner_id
    return intervention.proposed_by != actor.id and any(h.role == role and h.team.partner_id == owner for h in actor.holdings)


def waiting(viewer: Viewer) -> Select[Intervention]:
    """What waits to be authorised on cases that this viewer's partner owns and they see in full; not their own proposals."""
    teams = [team for role, team in viewer.roles_by_team if role == "supervisor"]
    partners = select(Team.partner_id).where(Team.id.in_(teams))
    return (
        select(Intervention)
        .join(Case, Case.id == Intervention.case_id)
        .where(Intervention.state == "proposed", Intervention.proposed_by != viewer.user_id)
        .where(Case.owner_partner_id.in_(partners), may_see_full(viewer))
    )


def alleged(case: Case) -> list[Party]:
    """Those alleged to be responsible, each person once."""
    return list({party.person.canonical_id: party for party in case.parties if party.role == "alleged"}.values())


def age(party: Party) -> int | None:
    """Years old today, as far as known."""
    born, today = party.person.born_on, clock.today()
    if born is None:
        return party.person.age_years
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def is_child(party: Party | None) -> bool:
    """Is it for somebody known to be under 18?"""
    return party is not None and states.is_child(party.person.born_on, party.person.age_years, clock.today())


def carried_out(rows: Iterable[Intervention]) -> list[Intervention]:
    """Those that were started."""
    return [row for row in rows if row.state in CARRIED_OUT and row.starts_on]


def further_incidents(case: Case, rows: Sequence[Intervention]) -> int:
    """Incidents reported since something was last started or considered, once they ask for more than advice and early work; else 0."""
    done = carried_out(rows)
    steps = [row.authorised_at or row.proposed_at for row in done] + [row.proposed_at for row in rows if row.state == "not_used"]
    if not done:
        return 0
    n = incidents.count(report for report in case.reports if report.received_at > max(steps))
    return n if more_to_consider((row.tier for row in done), n) else 0


def history(case: Case) -> dict[str, list[CaseEvent]]:
    """What the story says of each intervention, by its id, as it happened."""
    lines: dict[str, list[CaseEvent]] = defaultdict(list)
    told = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.kind == "intervention", CaseEvent.data.is_not(None))
    for event in db.session.scalars(told.order_by(CaseEvent.happened_at, CaseEvent.id)):
        lines[str((event.data or {}).get("intervention"))].append(event)
    return lines
