"""Persons shared by all cases, how they can be reached, and matching."""
