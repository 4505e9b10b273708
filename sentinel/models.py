"""Every table, in one import: what Alembic and the architecture tests compare the database with."""

import sentinel.access.models
import sentinel.alerts.models
import sentinel.audit.models
import sentinel.cases.models
import sentinel.core.models
import sentinel.documents.models
import sentinel.exchange.models
import sentinel.interventions.models
import sentinel.oversight.models
import sentinel.people.models
import sentinel.places.models
import sentinel.post.models
import sentinel.referrals.models
import sentinel.risk.models
import sentinel.supervision.models
import sentinel.surveys.models
import sentinel.victims.models  # noqa: F401
