"""Who may use Sentinel, and for what: partners, teams, users, permissions, sign-in."""
