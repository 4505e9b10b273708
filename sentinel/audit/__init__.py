"""The record of every change and every look: append-only, written in the transaction that causes it."""
