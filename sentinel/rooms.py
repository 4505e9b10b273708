"""The pages of every room."""

from sentinel.access.views import bp as access
from sentinel.desk.assess import bp as risk
from sentinel.desk.board import bp as board
from sentinel.desk.board_cases import bp as board_cases
from sentinel.desk.break_glass import bp as break_glass
from sentinel.desk.case import bp as case
from sentinel.desk.case_actions import bp as actions
from sentinel.desk.case_files import bp as documents
from sentinel.desk.case_referrals import bp as referrals
from sentinel.desk.cases_export import bp as cases_export
from sentinel.desk.cases_list import bp as cases
from sentinel.desk.closing import bp as closing
from sentinel.desk.declared import bp as declared
from sentinel.desk.dip_samples import bp as dip_samples
from sentinel.desk.disclosures import bp as disclosures
from sentinel.desk.footprint_report import bp as footprints
from sentinel.desk.hearings import bp as interventions
from sentinel.desk.inbox import bp as alerts
from sentinel.desk.intake import bp as intake
from sentinel.desk.intake_told import bp as intake_told
from sentinel.desk.letters import bp as letters
from sentinel.desk.my_work import bp as my_work
from sentinel.desk.outbox import bp as outbox
from sentinel.desk.ownership import bp as ownership
from sentinel.desk.partnership import bp as partnership
from sentinel.desk.people import bp as people
from sentinel.desk.reading import bp as reading
from sentinel.desk.record import bp as record
from sentinel.desk.restricted import bp as restricted
from sentinel.desk.rota import bp as rota
from sentinel.desk.shared import bp as shared
from sentinel.desk.sign_off import bp as sign_off
from sentinel.desk.survey import bp as survey
from sentinel.desk.survey_results import bp as surveys
from sentinel.desk.triage import bp as triage
from sentinel.desk.unsupervised import bp as unsupervised
from sentinel.desk.victim_care import bp as victims
from sentinel.desk.victim_first import bp as victim_first
from sentinel.exchange.views import bp as exchange
from sentinel.insight.views import bp as insight

# Their pages tell nobody where somebody came from, Sentinel neither: over HTTPS the general check would refuse every form of theirs
# for that. Their forms check their token themselves.
TELL_NO_REFERRER = [survey]

BLUEPRINTS = [
    access,
    intake,
    intake_told,
    exchange,
    insight,
    risk,
    triage,
    cases,
    cases_export,
    case,
    actions,
    documents,
    ownership,
    restricted,
    break_glass,
    shared,
    interventions,
    closing,
    my_work,
    victims,
    victim_first,
    referrals,
    sign_off,
    alerts,
    board,
    board_cases,
    rota,
    dip_samples,
    unsupervised,
    reading,
    footprints,
    partnership,
    people,
    outbox,
    letters,
    record,
    disclosures,
    declared,
    survey,
    surveys,
]
