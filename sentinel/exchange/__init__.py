"""What other systems send: imports, and the quarantine of what could not be used."""
