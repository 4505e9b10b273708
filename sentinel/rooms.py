"""The pages of every room."""

from sentinel.access.views import bp as access
from sentinel.exchange.views import bp as exchange
from sentinel.insight.views import bp as insight

BLUEPRINTS = [access, exchange, insight]
