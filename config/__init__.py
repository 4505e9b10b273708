"""What an installation is told: settings from the environment, and the standards the partnership agreed."""
