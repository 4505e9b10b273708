"""Victim First and other agencies: one open referral per agency and person."""
