"""Reports, triage, the case, its timeline and actions."""
