"""Addresses and the gazetteer, shared by all cases."""
