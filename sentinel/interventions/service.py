"""Verbs on interventions: proposed, authorised, started, not kept, ended, and considered but not used."""
