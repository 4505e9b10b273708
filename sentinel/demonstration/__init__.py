"""A believable partnership, all of it invented, to learn and to show with."""
