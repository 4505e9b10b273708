"""Who watches those who look: flagged looks, what staff declare, and what the information officer asks of the record."""
