"""What a supervisor signs, reviews and proposes."""
