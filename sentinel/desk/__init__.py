"""Pages that join rooms and own no tables."""
