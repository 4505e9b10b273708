"""Everything that leaves the building goes through here: outbox, channels, delivery."""
