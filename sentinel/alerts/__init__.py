"""What is slipping: triggers, the sweep, who is told."""
