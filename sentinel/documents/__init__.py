"""Files on a case: checked, encrypted, scanned, never run."""
