"""Question sets, assessments and high episodes."""
