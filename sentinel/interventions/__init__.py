"""The incremental approach: what was tried, considered and not used."""
