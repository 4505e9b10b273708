"""What was promised to each victim, and every contact and attempt."""
