"""Counts for analysts and the board."""
