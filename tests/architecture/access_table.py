"""Who may open which page: written by hand from rules.md, "Who sees what", and from nothing in the application.

An endpoint is for everybody ("public"), for everybody signed in ("signed_in"), or for the roles named. Which cases, people and
reports then stand on the page is another question, answered for each viewer and tested with each room.
"""

PUBLIC, SIGNED_IN = "public", "signed_in"

TAKES_CALLS = {"call_taker", "practitioner", "supervisor"}
WORKS_CASES = {"practitioner", "supervisor"}
READS_CASES = {"call_taker", "practitioner", "supervisor", "service_manager"}
SUPERVISES = {"supervisor"}
SIGNS = {"supervisor", "service_manager"}  # a service manager: for the last supervisor, who has the case themselves
RECEIVES = {"victim_first"}
OVERSEES = {"supervisor", "service_manager", "governance"}  # governance: what belongs to no team, and no team's work
WATCHES = {"information_officer"}  # who looked at whom, and why; no case by that role
GOVERNS = {"governance"}
ADMINISTERS = {"local_admin", "governance"}
COUNTS = {"practitioner", "supervisor", "service_manager", "analyst", "governance"}
ANSWERS = {"practitioner", "supervisor", "service_manager", "governance", "information_officer"}

ACCESS: dict[str, str | set[str]] = {
    # the house itself
    "static": PUBLIC,
    "assets": PUBLIC,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,
    "access.sign_in": PUBLIC,
    "access.sign_out": PUBLIC,
    "access.become": PUBLIC,  # in a demonstration; elsewhere there is nothing there
    "access.second_step": PUBLIC,  # to whoever's password was right a moment ago; to others there is nothing there
    "access.first_set_up": PUBLIC,
    "access.link": PUBLIC,  # to whoever was sent it
    "access.elsewhere": PUBLIC,  # where single sign-on is set up; elsewhere there is nothing there
    "access.returned": PUBLIC,
    "access.stay": SIGNED_IN,
    "access.account": SIGNED_IN,
    "access.end_session": SIGNED_IN,
    "access.end_others": SIGNED_IN,
    "access.password": SIGNED_IN,
    "access.own_second_factor": SIGNED_IN,
    "home.index": SIGNED_IN,
    "access.partnership": {"supervisor", "service_manager", "local_admin", "governance", "information_officer"},
    "partnership.partner": {"supervisor", "service_manager", "local_admin", "governance", "information_officer"},
    "partnership.agreement": GOVERNS,
    "partnership.standing": GOVERNS,
    "partnership.add_team": GOVERNS,
    "partnership.team": GOVERNS,
    # people: of one's own partner, for its local administrator
    "people.person": ADMINISTERS,
    "people.add": ADMINISTERS,
    "people.change": ADMINISTERS,
    "people.vetting": ADMINISTERS,
    "people.close": ADMINISTERS,
    "people.link": ADMINISTERS,
    "people.reset_second_factor": ADMINISTERS,
    "people.open_again": ADMINISTERS,
    "people.end_sessions": ADMINISTERS,
    # a call
    "intake.new": TAKES_CALLS,
    "intake.draft": TAKES_CALLS,
    "intake.matches": TAKES_CALLS,
    "intake.screen": TAKES_CALLS,
    "intake.heard": TAKES_CALLS,
    "intake.throw_away": TAKES_CALLS,
    "intake.mine": TAKES_CALLS,
    "intake_told.told": TAKES_CALLS,
    "intake_told.send": TAKES_CALLS,
    # a report
    "cases.reports": READS_CASES,
    "triage.report": READS_CASES,
    "triage.queue": {"practitioner", "supervisor", "governance"},  # governance: those that found no team
    "triage.decide": WORKS_CASES,
    "triage.incident": WORKS_CASES,
    "triage.unlink": WORKS_CASES,
    "triage.safeguarding": WORKS_CASES,
    "ownership.route": {"governance"},
    "ownership.hand_report_over": WORKS_CASES,
    "ownership.answer": WORKS_CASES,
    "ownership.accept": WORKS_CASES,
    "ownership.decline": WORKS_CASES,
    "ownership.take_back": WORKS_CASES,
    # a case
    "cases.index": READS_CASES,
    "cases_export.export": {"supervisor", "service_manager"},
    "case.overview": READS_CASES,
    "case.timeline": READS_CASES,
    "case.people": READS_CASES,
    "case.access": READS_CASES,
    "case.note": WORKS_CASES,
    "case.ask": WORKS_CASES,
    "case.share": WORKS_CASES,
    "case.end_share": WORKS_CASES,
    "case.let_stand": WORKS_CASES,
    "restricted.restrict": SUPERVISES,
    "restricted.names": SUPERVISES,
    "restricted.lift": SUPERVISES,
    "restricted.review": WORKS_CASES,  # by whoever is named on the case
    "restricted.touch": WORKS_CASES,
    "break_glass.door": SUPERVISES,
    "shared.index": {"landlord"},
    "shared.case": {"landlord"},
    "actions.case_actions": WORKS_CASES,
    "actions.finish": WORKS_CASES,
    "ownership.officer": WORKS_CASES,
    "ownership.hand_over": WORKS_CASES,
    "interventions.case_interventions": WORKS_CASES,
    "interventions.use": WORKS_CASES,
    "interventions.not_now": WORKS_CASES,
    "interventions.case_hearings": WORKS_CASES,
    "interventions.hearing": WORKS_CASES,
    "interventions.move": WORKS_CASES,
    "interventions.answer": SUPERVISES,
    "closing.case_closing": READS_CASES,  # in full alone: a service manager who signs for the last supervisor
    "closing.propose": WORKS_CASES,
    "closing.name_teller": WORKS_CASES,
    "closing.keep_open": WORKS_CASES,
    "closing.close": WORKS_CASES,
    "closing.reopen": WORKS_CASES,
    "closing.sign": SIGNS,
    # its files
    "documents.case_documents": READS_CASES,
    "documents.download": READS_CASES,
    "documents.attach": WORKS_CASES,
    "documents.withdraw": WORKS_CASES,
    # risk
    "risk.case_risk": READS_CASES,
    "risk.assess": WORKS_CASES,
    "risk.draft": WORKS_CASES,
    "risk.level": WORKS_CASES,
    "risk.then": WORKS_CASES,
    "my_work.index": WORKS_CASES,
    # between us and the victim
    "victims.case_care": READS_CASES,
    "victims.log_contact": WORKS_CASES,
    "victims.draft": WORKS_CASES,
    "victims.send_summary": WORKS_CASES,
    "victims.victims_code": WORKS_CASES,
    "victims.hold_telling": SUPERVISES,
    "victims.plan": WORKS_CASES,
    "victims.waive": WORKS_CASES,
    "victims.review": WORKS_CASES,
    "victims.came_back": WORKS_CASES,
    "victims.vulnerable": WORKS_CASES,
    "victims.safe_to_contact": WORKS_CASES,
    "victims.excuse": SIGNS,
    "victims.unanswered": SIGNS,
    # what waits for a supervisor's signature
    "sign_off.index": SIGNS,
    "sign_off.answer": SIGNS,
    # referrals: of a case, and as the agency that receives them sees them
    "referrals.case_referrals": READS_CASES,
    "referrals.withdraw": WORKS_CASES,
    "referrals.send_again": WORKS_CASES,
    "victim_first.queue": RECEIVES,
    "victim_first.referral": RECEIVES,
    "victim_first.acknowledge": RECEIVES,
    "victim_first.decline": RECEIVES,
    "victim_first.contact": RECEIVES,
    "victim_first.update": RECEIVES,
    "victim_first.close": RECEIVES,
    # alerts, and the supervisor's board
    "alerts.inbox": ANSWERS,
    "alerts.acknowledge": ANSWERS,
    "alerts.snooze": ANSWERS,
    "board.board": OVERSEES,
    "board.answer": OVERSEES,
    "board.resend": OVERSEES,
    "board.figure": OVERSEES,
    "letters.index": WORKS_CASES,
    "letters.letter": WORKS_CASES,
    "letters.posted": WORKS_CASES,
    "letters.put_aside": WORKS_CASES,
    "board_cases.officer": OVERSEES,
    "board_cases.unallocated": OVERSEES,
    "board_cases.give": SUPERVISES,
    "board_cases.allocate": SUPERVISES,
    "outbox.index": OVERSEES,
    "outbox.resend": OVERSEES,
    "rota.cover": OVERSEES,
    "rota.duty": OVERSEES,
    "rota.end_duty": OVERSEES,
    "dip_samples.index": SUPERVISES,
    "dip_samples.draw": SUPERVISES,
    "dip_samples.check": SUPERVISES,
    "footprints.index": {"service_manager", "governance"},
    "footprints.index_csv": {"service_manager", "governance"},
    "sign_off.ask": WORKS_CASES,
    "unsupervised.ask": OVERSEES,
    "reading.mark": SUPERVISES,
    "reading.comment": SUPERVISES,
    # what victims say when their case has closed; and the survey itself, to whoever was sent it
    "surveys.index": {"supervisor", "service_manager", "governance", "analyst"},
    "surveys.index_csv": {"supervisor", "service_manager", "governance", "analyst"},
    "survey.page": PUBLIC,
    "survey.thanks": PUBLIC,
    # figures and imports
    "insight.police_incidents": COUNTS,
    "insight.police_incidents_csv": COUNTS,
    "exchange.imports": {"governance", "analyst"},
    "exchange.resolve": {"governance", "analyst"},
    # the record, and who watches it
    "record.index": WATCHES,
    "record.staff": WATCHES,
    "record.people": WATCHES,
    "record.looks_at": WATCHES,
    "record.looks_at_csv": WATCHES,
    "record.looks_by": WATCHES,
    "record.looks_by_csv": WATCHES,
    "record.flags": WATCHES,
    "record.review": WATCHES,
    "disclosures.record": WORKS_CASES,  # by whoever sees the case in full
    "disclosures.index": WATCHES,
    "disclosures.index_csv": WATCHES,
    "declared.index": SIGNED_IN,
    "declared.address": SIGNED_IN,
    "declared.withdraw": SIGNED_IN,
}
