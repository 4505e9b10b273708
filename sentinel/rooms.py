"""The pages of every room."""

from sentinel.access.views import bp as access

BLUEPRINTS = [access]
