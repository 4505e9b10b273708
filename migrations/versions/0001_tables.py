"""The tables of every room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("authority", sa.String(length=500), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.String(length=200), nullable=True),
        sa.Column("op", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("person_ids", postgresql.ARRAY(sa.UUID()), nullable=True),
        sa.Column("payload_digest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("kind IN ('change', 'look', 'search', 'export', 'access')", name=op.f("ck_audit_entry_kind_known")),
        sa.PrimaryKeyConstraint("id", "at_us", name=op.f("pk_audit_entry")),
        postgresql_partition_by="RANGE (at_us)",
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "at_us"], unique=False)
    op.create_index("ix_audit_entry_case", "audit_entry", ["case_id", "at_us"], unique=False)
    op.create_table(
        "audit_payload",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "at_us", name=op.f("pk_audit_payload")),
        postgresql_partition_by="RANGE (at_us)",
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("already_known", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("kind IN ('police', 'gazetteer')", name=op.f("ck_delivery_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_table(
        "district",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("in_area", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_district")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("user_id", "form", "subject", name=op.f("uq_draft_user_id_form_subject")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("clock_offset", sa.Interval(), nullable=False),
        sa.CheckConstraint("demonstration OR clock_offset = '0'", name=op.f("ck_installation_clock_moves_in_a_demonstration")),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("ref_table", sa.String(length=40), nullable=False),
        sa.Column("ref_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_ref", sa.String(length=200), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.CheckConstraint("channel IN ('email', 'text', 'letter', 'webhook', 'in_system')", name=op.f("ck_outbox_channel_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'uncertain', 'failed', 'cancelled')", name=op.f("ck_outbox_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_dedupe_key")),
    )
    op.create_index("ix_outbox_lease", "outbox", ["lease_until"], unique=False, postgresql_where="state = 'sending'")
    op.create_index("ix_outbox_next", "outbox", ["next_attempt_at"], unique=False, postgresql_where="state = 'waiting'")
    op.create_index("ix_outbox_ref", "outbox", ["ref_table", "ref_id"], unique=False)
    op.create_table(
        "partner",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("agreement_until", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('district', 'unitary', 'county', 'police', 'landlord', 'support')", name=op.f("ck_partner_kind_known")
        ),
        sa.ForeignKeyConstraint(["successor_id"], ["partner.id"], name=op.f("fk_partner_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("slug", name=op.f("uq_partner_slug")),
    )
    op.create_index(op.f("ix_partner_successor_id"), "partner", ["successor_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("canonical_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("sound_key", sa.String(length=200), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("age_years", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["canonical_id"], ["person.id"], name=op.f("fk_person_canonical_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_canonical_id"), "person", ["canonical_id"], unique=False)
    op.create_index(
        "ix_person_name_trgm", "person", ["name_key"], unique=False, postgresql_using="gin", postgresql_ops={"name_key": "gin_trgm_ops"}
    )
    op.create_index("ix_person_sound", "person", ["sound_key"], unique=False)
    op.create_table(
        "reference_counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("result", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_table(
        "sweep_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep_mark")),
    )
    op.create_table(
        "app_user",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("label", sa.String(length=40), nullable=True),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("vetted_until", sa.Date(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_app_user_email_lower")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_app_user_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
    )
    op.create_index(op.f("ix_app_user_partner_id"), "app_user", ["partner_id"], unique=False)
    op.create_table(
        "lsoa",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("district_code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_lsoa_district_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_lsoa")),
    )
    op.create_index(op.f("ix_lsoa_district_code"), "lsoa", ["district_code"], unique=False)
    op.create_table(
        "person_contact",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.Column("value_key", sa.String(length=500), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('phone', 'email')", name=op.f("ck_person_contact_kind_known")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_contact_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_contact")),
    )
    op.create_index("ix_person_contact_kind_value_key", "person_contact", ["kind", "value_key"], unique=False)
    op.create_index(op.f("ix_person_contact_person_id"), "person_contact", ["person_id"], unique=False)
    op.create_table(
        "place",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("postcode", sa.String(length=40), nullable=True),
        sa.Column("address_key", sa.String(length=500), nullable=False),
        sa.Column("building_key", sa.String(length=500), nullable=False),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("landlord_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_place_district_code")),
        sa.ForeignKeyConstraint(["landlord_id"], ["partner.id"], name=op.f("fk_place_landlord_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    op.create_index("ix_place_address_key", "place", ["address_key"], unique=True)
    op.create_index(
        "ix_place_address_trgm",
        "place",
        ["address_key"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"address_key": "gin_trgm_ops"},
    )
    op.create_index("ix_place_building_key", "place", ["building_key"], unique=False)
    op.create_index(op.f("ix_place_district_code"), "place", ["district_code"], unique=False)
    op.create_index(op.f("ix_place_landlord_id"), "place", ["landlord_id"], unique=False)
    op.create_table(
        "police_incident",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("force", sa.String(length=200), nullable=False),
        sa.Column("month", sa.String(length=40), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("reported_by", sa.String(length=200), nullable=False),
        sa.Column("longitude", sa.String(length=40), nullable=True),
        sa.Column("latitude", sa.String(length=40), nullable=True),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("lsoa_code", sa.String(length=40), nullable=True),
        sa.Column("lsoa_name", sa.String(length=200), nullable=True),
        sa.Column("district_code", sa.String(length=40), nullable=True),
        sa.Column("outside_area", sa.Boolean(), nullable=False),
        sa.Column("context", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_police_incident_delivery_id")),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_police_incident_district_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_police_incident")),
        sa.UniqueConstraint(
            "force", "month", "content_digest", "ordinal", name=op.f("uq_police_incident_force_month_content_digest_ordinal")
        ),
    )
    op.create_index(op.f("ix_police_incident_delivery_id"), "police_incident", ["delivery_id"], unique=False)
    op.create_index(op.f("ix_police_incident_district_code"), "police_incident", ["district_code"], unique=False)
    op.create_index("ix_police_incident_month_district", "police_incident", ["month", "district_code"], unique=False)
    op.create_table(
        "postcode",
        sa.Column("compact", sa.String(length=40), nullable=False),
        sa.Column("display", sa.String(length=40), nullable=False),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("lsoa_code", sa.String(length=40), nullable=True),
        sa.Column("ward_code", sa.String(length=40), nullable=True),
        sa.Column("district_code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_postcode_district_code")),
        sa.PrimaryKeyConstraint("compact", name=op.f("pk_postcode")),
    )
    op.create_index(op.f("ix_postcode_district_code"), "postcode", ["district_code"], unique=False)
    op.create_table(
        "team",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("partner_id", sa.UUID(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_team_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("slug", name=op.f("uq_team_slug")),
    )
    op.create_index(op.f("ix_team_partner_id"), "team", ["partner_id"], unique=False)
    op.create_table(
        "absence",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("cover_user_id", sa.UUID(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("cover_user_id <> user_id", name=op.f("ck_absence_cover_is_another")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_absence_ends_after_start")),
        sa.ForeignKeyConstraint(["cover_user_id"], ["app_user.id"], name=op.f("fk_absence_cover_user_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_absence_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_cover_user_id"), "absence", ["cover_user_id"], unique=False)
    op.create_index("ix_absence_user_ends", "absence", ["user_id", "ends_on"], unique=False)
    op.create_table(
        "asb_case",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=True),
        sa.Column("categories", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("national_type", sa.String(length=40), nullable=True),
        sa.Column("owner_partner_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=True),
        sa.Column("place_id", sa.UUID(), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_asb_case_closed_has_time")),
        sa.CheckConstraint("level IN ('standard', 'medium', 'high')", name=op.f("ck_asb_case_level_known")),
        sa.CheckConstraint("state IN ('open', 'closure_proposed', 'closed', 'transferred')", name=op.f("ck_asb_case_state_known")),
        sa.ForeignKeyConstraint(["officer_id"], ["app_user.id"], name=op.f("fk_asb_case_officer_id")),
        sa.ForeignKeyConstraint(["owner_partner_id"], ["partner.id"], name=op.f("fk_asb_case_owner_partner_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_asb_case_place_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_asb_case_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asb_case")),
        sa.UniqueConstraint("reference", name=op.f("uq_asb_case_reference")),
    )
    op.create_index("ix_asb_case_officer_state", "asb_case", ["officer_id", "state"], unique=False)
    op.create_index(op.f("ix_asb_case_owner_partner_id"), "asb_case", ["owner_partner_id"], unique=False)
    op.create_index(op.f("ix_asb_case_place_id"), "asb_case", ["place_id"], unique=False)
    op.create_index("ix_asb_case_team_state", "asb_case", ["team_id", "state"], unique=False)
    op.create_table(
        "duty",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_duty_ends_after_start")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_duty_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_index("ix_duty_team_ends", "duty", ["team_id", "ends_at"], unique=False)
    op.create_index(op.f("ix_duty_user_id"), "duty", ["user_id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["linked_by"], ["app_user.id"], name=op.f("fk_incident_linked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_linked_by"), "incident", ["linked_by"], unique=False)
    op.create_table(
        "quarantined_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("line_number", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.UUID(), nullable=True),
        sa.Column("resolution", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_quarantined_row_delivery_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["app_user.id"], name=op.f("fk_quarantined_row_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_row")),
        sa.UniqueConstraint(
            "content_digest", "file_name", "line_number", name=op.f("uq_quarantined_row_content_digest_file_name_line_number")
        ),
    )
    op.create_index("ix_quarantined_row_open", "quarantined_row", ["delivery_id"], unique=False, postgresql_where="resolved_at IS NULL")
    op.create_index(op.f("ix_quarantined_row_resolved_by"), "quarantined_row", ["resolved_by"], unique=False)
    op.create_table(
        "residence",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("place_id", sa.UUID(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_residence_person_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_residence_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residence")),
    )
    op.create_index(op.f("ix_residence_person_id"), "residence", ["person_id"], unique=False)
    op.create_index(op.f("ix_residence_place_id"), "residence", ["place_id"], unique=False)
    op.create_table(
        "role_held",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "role IN ('call_taker', 'practitioner', 'supervisor', 'service_manager', 'local_admin', 'governance', 'information_officer', 'victim_first', 'landlord', 'analyst')",
            name=op.f("ck_role_held_role_known"),
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_role_held_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_role_held_user_id")),
        sa.PrimaryKeyConstraint("user_id", "team_id", "role", name=op.f("pk_role_held")),
    )
    op.create_index("ix_role_held_team_role", "role_held", ["team_id", "role"], unique=False)
    op.create_table(
        "user_session",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_user_session_token_digest")),
    )
    op.create_index("ix_user_session_user", "user_session", ["user_id"], unique=False)
    op.create_table(
        "case_action",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("what", sa.String(length=500), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(outcome) <= 20000", name=op.f("ck_case_action_outcome_length")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_case_action_case_id")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_case_action_created_by")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_case_action_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_action")),
    )
    op.create_index(op.f("ix_case_action_case_id"), "case_action", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_action_created_by"), "case_action", ["created_by"], unique=False)
    op.create_index("ix_case_action_open", "case_action", ["owner_id", "due_at"], unique=False, postgresql_where="done_at IS NULL")
    op.create_index(op.f("ix_case_action_owner_id"), "case_action", ["owner_id"], unique=False)
    op.create_table(
        "case_clock",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("last_entry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quiet_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_review_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_case_clock_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_clock")),
    )
    op.create_index("ix_case_clock_quiet", "case_clock", ["last_entry_at"], unique=False)
    op.create_index("ix_case_clock_review", "case_clock", ["next_review_at"], unique=False)
    op.create_table(
        "case_detail",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("outcome_note", sa.Text(), nullable=True),
        sa.Column("victim_view", sa.String(length=40), nullable=True),
        sa.Column("proposed_by", sa.UUID(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.UUID(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(outcome_note) <= 20000", name=op.f("ck_case_detail_outcome_note_length")),
        sa.CheckConstraint("length(summary) <= 20000", name=op.f("ck_case_detail_summary_length")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_case_detail_case_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["app_user.id"], name=op.f("fk_case_detail_proposed_by")),
        sa.ForeignKeyConstraint(["signed_by"], ["app_user.id"], name=op.f("fk_case_detail_signed_by")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_detail")),
    )
    op.create_index(op.f("ix_case_detail_proposed_by"), "case_detail", ["proposed_by"], unique=False)
    op.create_index(op.f("ix_case_detail_signed_by"), "case_detail", ["signed_by"], unique=False)
    op.create_table(
        "case_grant",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("grantee", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("granted_by", sa.UUID(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level IN ('headline', 'full', 'named')", name=op.f("ck_case_grant_level_known")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_case_grant_case_id")),
        sa.ForeignKeyConstraint(["granted_by"], ["app_user.id"], name=op.f("fk_case_grant_granted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_grant")),
    )
    op.create_index(op.f("ix_case_grant_case_id"), "case_grant", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_grant_granted_by"), "case_grant", ["granted_by"], unique=False)
    op.create_index("ix_case_grant_grantee", "case_grant", ["grantee", "case_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=True),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("national_type", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.UUID(), nullable=True),
        sa.Column("screened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_partner_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("unrouted", sa.Boolean(), nullable=False),
        sa.Column("place_id", sa.UUID(), nullable=True),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("suggested_case_id", sa.UUID(), nullable=True),
        sa.Column("incident_id", sa.UUID(), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("triaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("triaged_by", sa.UUID(), nullable=True),
        sa.Column("triage_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("screen_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'received') = (triaged_at IS NULL)", name=op.f("ck_report_triaged_has_time")),
        sa.CheckConstraint("(state IN ('opened', 'joined')) = (case_id IS NOT NULL)", name=op.f("ck_report_case_when_opened_or_joined")),
        sa.CheckConstraint("channel IN ('phone', 'visit', 'email', 'letter', 'online', 'partner')", name=op.f("ck_report_channel_known")),
        sa.CheckConstraint("level IN ('standard', 'medium', 'high')", name=op.f("ck_report_level_known")),
        sa.CheckConstraint(
            "state IN ('received', 'opened', 'joined', 'signposted', 'no_further_action', 'withdrawn')", name=op.f("ck_report_state_known")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_report_case_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_report_incident_id")),
        sa.ForeignKeyConstraint(["owner_partner_id"], ["partner.id"], name=op.f("fk_report_owner_partner_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_report_place_id")),
        sa.ForeignKeyConstraint(["suggested_case_id"], ["asb_case.id"], name=op.f("fk_report_suggested_case_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["app_user.id"], name=op.f("fk_report_taken_by")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_report_team_id")),
        sa.ForeignKeyConstraint(["triaged_by"], ["app_user.id"], name=op.f("fk_report_triaged_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("reference", name=op.f("uq_report_reference")),
    )
    op.create_index(op.f("ix_report_case_id"), "report", ["case_id"], unique=False)
    op.create_index(op.f("ix_report_incident_id"), "report", ["incident_id"], unique=False)
    op.create_index(op.f("ix_report_owner_partner_id"), "report", ["owner_partner_id"], unique=False)
    op.create_index(op.f("ix_report_place_id"), "report", ["place_id"], unique=False)
    op.create_index(op.f("ix_report_suggested_case_id"), "report", ["suggested_case_id"], unique=False)
    op.create_index("ix_report_taken_by", "report", ["taken_by", "received_at"], unique=False)
    op.create_index("ix_report_team_state", "report", ["team_id", "state", "received_at"], unique=False)
    op.create_index(op.f("ix_report_triaged_by"), "report", ["triaged_by"], unique=False)
    op.create_table(
        "handover",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("report_id", sa.UUID(), nullable=True),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("from_team_id", sa.UUID(), nullable=False),
        sa.Column("to_team_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("offered_by", sa.UUID(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('offered', 'accepted', 'declined', 'withdrawn')", name=op.f("ck_handover_state_known")),
        sa.CheckConstraint("length(answer) <= 20000", name=op.f("ck_handover_answer_length")),
        sa.CheckConstraint("length(reason) <= 20000", name=op.f("ck_handover_reason_length")),
        sa.CheckConstraint("num_nonnulls(report_id, case_id) = 1", name=op.f("ck_handover_report_or_case")),
        sa.ForeignKeyConstraint(["answered_by"], ["app_user.id"], name=op.f("fk_handover_answered_by")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_handover_case_id")),
        sa.ForeignKeyConstraint(["from_team_id"], ["team.id"], name=op.f("fk_handover_from_team_id")),
        sa.ForeignKeyConstraint(["offered_by"], ["app_user.id"], name=op.f("fk_handover_offered_by")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_handover_report_id")),
        sa.ForeignKeyConstraint(["to_team_id"], ["team.id"], name=op.f("fk_handover_to_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_answered_by"), "handover", ["answered_by"], unique=False)
    op.create_index(op.f("ix_handover_from_team_id"), "handover", ["from_team_id"], unique=False)
    op.create_index(op.f("ix_handover_offered_by"), "handover", ["offered_by"], unique=False)
    op.create_index(op.f("ix_handover_to_team_id"), "handover", ["to_team_id"], unique=False)
    op.create_index(
        "uq_handover_open_case", "handover", ["case_id"], unique=True, postgresql_where="state = 'offered' AND case_id IS NOT NULL"
    )
    op.create_index(
        "uq_handover_open_report", "handover", ["report_id"], unique=True, postgresql_where="state = 'offered' AND report_id IS NOT NULL"
    )
    op.create_table(
        "party",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("report_id", sa.UUID(), nullable=True),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("klass", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=True),
        sa.Column("contactable", sa.Boolean(), nullable=False),
        sa.Column("assess_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("klass IN ('standard', 'medium', 'enhanced')", name=op.f("ck_party_klass_known")),
        sa.CheckConstraint("level IN ('standard', 'medium', 'high')", name=op.f("ck_party_level_known")),
        sa.CheckConstraint("role IN ('victim', 'witness', 'reporter', 'alleged')", name=op.f("ck_party_role_known")),
        sa.CheckConstraint("report_id IS NOT NULL OR case_id IS NOT NULL", name=op.f("ck_party_on_report_or_case")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_party_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_party_person_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_party_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
    )
    op.create_index(op.f("ix_party_case_id"), "party", ["case_id"], unique=False)
    op.create_index(op.f("ix_party_person_id"), "party", ["person_id"], unique=False)
    op.create_index(op.f("ix_party_report_id"), "party", ["report_id"], unique=False)
    op.create_table(
        "report_detail",
        sa.Column("report_id", sa.UUID(), nullable=False),
        sa.Column("what_happened", sa.Text(), nullable=False),
        sa.Column("where_exactly", sa.String(length=500), nullable=True),
        sa.Column("when_words", sa.String(length=200), nullable=True),
        sa.Column("occurred_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occurred_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("danger_now", sa.String(length=40), nullable=True),
        sa.Column("relation", sa.String(length=40), nullable=True),
        sa.Column("alleged_known", sa.String(length=40), nullable=True),
        sa.Column("weapon", sa.String(length=40), nullable=True),
        sa.Column("children", sa.String(length=40), nullable=True),
        sa.Column("others_told", sa.String(length=500), nullable=True),
        sa.Column("others_reference", sa.String(length=200), nullable=True),
        sa.Column("safeguarding", sa.String(length=40), nullable=True),
        sa.Column("safeguarding_done_by", sa.String(length=200), nullable=True),
        sa.Column("safeguarding_done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("safeguarding_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("domestic_handed_to", sa.String(length=200), nullable=True),
        sa.Column("domestic_reference", sa.String(length=200), nullable=True),
        sa.Column("script_version", sa.String(length=40), nullable=False),
        sa.Column("triage_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("length(others_told) <= 20000", name=op.f("ck_report_detail_others_told_length")),
        sa.CheckConstraint("length(triage_reason) <= 20000", name=op.f("ck_report_detail_triage_reason_length")),
        sa.CheckConstraint("length(what_happened) <= 20000", name=op.f("ck_report_detail_what_happened_length")),
        sa.CheckConstraint("length(where_exactly) <= 20000", name=op.f("ck_report_detail_where_exactly_length")),
        sa.CheckConstraint("occurred_to >= occurred_from", name=op.f("ck_report_detail_occurred_in_order")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_detail_report_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_detail")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("trigger_key", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("report_id", sa.UUID(), nullable=True),
        sa.Column("party_id", sa.UUID(), nullable=True),
        sa.Column("owner_partner_id", sa.UUID(), nullable=True),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("officer_id", sa.UUID(), nullable=True),
        sa.Column("agency_id", sa.UUID(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("passed", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["partner.id"], name=op.f("fk_alert_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_alert_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["app_user.id"], name=op.f("fk_alert_officer_id")),
        sa.ForeignKeyConstraint(["owner_partner_id"], ["partner.id"], name=op.f("fk_alert_owner_partner_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_alert_party_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_alert_report_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_alert_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_agency_id"), "alert", ["agency_id"], unique=False)
    op.create_index("ix_alert_case", "alert", ["case_id"], unique=False)
    op.create_index(op.f("ix_alert_officer_id"), "alert", ["officer_id"], unique=False)
    op.create_index("ix_alert_open_subject", "alert", ["subject_id"], unique=False, postgresql_where="closed_at IS NULL")
    op.create_index("ix_alert_open_team", "alert", ["team_id", "step"], unique=False, postgresql_where="closed_at IS NULL")
    op.create_index(op.f("ix_alert_owner_partner_id"), "alert", ["owner_partner_id"], unique=False)
    op.create_index(op.f("ix_alert_party_id"), "alert", ["party_id"], unique=False)
    op.create_index(op.f("ix_alert_report_id"), "alert", ["report_id"], unique=False)
    op.create_index(op.f("ix_alert_team_id"), "alert", ["team_id"], unique=False)
    op.create_index("uq_alert_open", "alert", ["trigger_key", "subject_id"], unique=True, postgresql_where="closed_at IS NULL")
    op.create_table(
        "assessment",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("set_version", sa.String(length=40), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("suggested", sa.String(length=40), nullable=False),
        sa.Column("because", postgresql.ARRAY(sa.String(length=300)), nullable=False),
        sa.Column("judged", sa.String(length=40), nullable=False),
        sa.Column("effective", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("assessor_id", sa.UUID(), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.UUID(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreement_note", sa.Text(), nullable=True),
        sa.Column("review_by", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("effective IN ('standard', 'medium', 'high')", name=op.f("ck_assessment_effective_known")),
        sa.CheckConstraint("judged IN ('standard', 'medium', 'high')", name=op.f("ck_assessment_judged_known")),
        sa.CheckConstraint("kind IN ('screen', 'full', 'external')", name=op.f("ck_assessment_kind_known")),
        sa.CheckConstraint("state IN ('in_force', 'pending', 'agreed', 'refused', 'superseded')", name=op.f("ck_assessment_state_known")),
        sa.CheckConstraint("suggested IN ('standard', 'medium', 'high')", name=op.f("ck_assessment_suggested_known")),
        sa.CheckConstraint("agreed_by <> assessor_id", name=op.f("ck_assessment_agreed_by_another")),
        sa.CheckConstraint("length(agreement_note) <= 20000", name=op.f("ck_assessment_agreement_note_length")),
        sa.CheckConstraint("length(rationale) <= 20000", name=op.f("ck_assessment_rationale_length")),
        sa.ForeignKeyConstraint(["agreed_by"], ["app_user.id"], name=op.f("fk_assessment_agreed_by")),
        sa.ForeignKeyConstraint(["assessor_id"], ["app_user.id"], name=op.f("fk_assessment_assessor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_assessment_case_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_assessment_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    op.create_index(op.f("ix_assessment_agreed_by"), "assessment", ["agreed_by"], unique=False)
    op.create_index(op.f("ix_assessment_assessor_id"), "assessment", ["assessor_id"], unique=False)
    op.create_index(op.f("ix_assessment_case_id"), "assessment", ["case_id"], unique=False)
    op.create_index("ix_assessment_party", "assessment", ["party_id", "assessed_at"], unique=False)
    op.create_index("ix_assessment_pending", "assessment", ["case_id"], unique=False, postgresql_where="state = 'pending'")
    op.create_table(
        "case_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("report_id", sa.UUID(), nullable=True),
        sa.Column("party_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(body) <= 20000", name=op.f("ck_case_event_body_length")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_case_event_case_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_case_event_party_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_case_event_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index("ix_case_event_case", "case_event", ["case_id", "happened_at"], unique=False)
    op.create_index(op.f("ix_case_event_party_id"), "case_event", ["party_id"], unique=False)
    op.create_index("ix_case_event_report", "case_event", ["report_id", "happened_at"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user", sa.UUID(), nullable=True),
        sa.Column("by_practitioner", sa.Boolean(), nullable=False),
        sa.Column("at_intake", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("channel IN ('phone', 'visit', 'text', 'email', 'letter')", name=op.f("ck_contact_channel_known")),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_contact_direction_known")),
        sa.CheckConstraint("occurred_at <= logged_at + interval '5 minutes'", name=op.f("ck_contact_not_in_the_future")),
        sa.CheckConstraint(
            "outcome IN ('reached', 'attempt', 'one_way_sent', 'delivered', 'failed')", name=op.f("ck_contact_outcome_known")
        ),
        sa.CheckConstraint("length(note) <= 20000", name=op.f("ck_contact_note_length")),
        sa.ForeignKeyConstraint(["by_user"], ["app_user.id"], name=op.f("fk_contact_by_user")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_contact_case_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_contact_party_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contact_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_by_user"), "contact", ["by_user"], unique=False)
    op.create_index(op.f("ix_contact_case_id"), "contact", ["case_id"], unique=False)
    op.create_index("ix_contact_party", "contact", ["party_id", "occurred_at"], unique=False)
    op.create_index(op.f("ix_contact_person_id"), "contact", ["person_id"], unique=False)
    op.create_table(
        "contact_plan",
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("phone", sa.String(length=200), nullable=True),
        sa.Column("email_address", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("ring", sa.String(length=40), nullable=False),
        sa.Column("voicemail", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=40), nullable=False),
        sa.Column("post", sa.String(length=40), nullable=False),
        sa.Column("safe_times", sa.String(length=500), nullable=True),
        sa.Column("language", sa.String(length=200), nullable=True),
        sa.Column("never", sa.String(length=500), nullable=True),
        sa.Column("representative_person_id", sa.UUID(), nullable=True),
        sa.Column("every_working_days", sa.Integer(), nullable=True),
        sa.Column("no_contact", sa.Boolean(), nullable=False),
        sa.Column("agreed_by", sa.UUID(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email IN ('yes', 'no', 'not_asked')", name=op.f("ck_contact_plan_email_known")),
        sa.CheckConstraint("post IN ('yes', 'no', 'not_asked')", name=op.f("ck_contact_plan_post_known")),
        sa.CheckConstraint("ring IN ('yes', 'no', 'not_asked')", name=op.f("ck_contact_plan_ring_known")),
        sa.CheckConstraint("text IN ('yes', 'no', 'not_asked')", name=op.f("ck_contact_plan_text_known")),
        sa.CheckConstraint("voicemail IN ('yes', 'no', 'not_asked')", name=op.f("ck_contact_plan_voicemail_known")),
        sa.CheckConstraint("every_working_days BETWEEN 1 AND 60", name=op.f("ck_contact_plan_every_at_most_60")),
        sa.ForeignKeyConstraint(["agreed_by"], ["app_user.id"], name=op.f("fk_contact_plan_agreed_by")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_contact_plan_case_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_contact_plan_party_id")),
        sa.ForeignKeyConstraint(["representative_person_id"], ["person.id"], name=op.f("fk_contact_plan_representative_person_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_contact_plan")),
    )
    op.create_index(op.f("ix_contact_plan_agreed_by"), "contact_plan", ["agreed_by"], unique=False)
    op.create_index(op.f("ix_contact_plan_case_id"), "contact_plan", ["case_id"], unique=False)
    op.create_index(op.f("ix_contact_plan_representative_person_id"), "contact_plan", ["representative_person_id"], unique=False)
    op.create_table(
        "intervention",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=True),
        sa.Column("power_key", sa.String(length=40), nullable=False),
        sa.Column("power_version", sa.String(length=40), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("self_authorised", sa.Boolean(), nullable=False),
        sa.Column("proposed_by", sa.UUID(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authorised_by", sa.UUID(), nullable=True),
        sa.Column("authorised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parent_told", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("parent_told IN ('yes', 'not_safe', 'not_yet')", name=op.f("ck_intervention_parent_told_known")),
        sa.CheckConstraint(
            "state IN ('proposed', 'authorised', 'refused', 'in_force', 'ended', 'breached', 'not_used')",
            name=op.f("ck_intervention_state_known"),
        ),
        sa.CheckConstraint("tier IN ('advice', 'early', 'notice', 'court', 'area')", name=op.f("ck_intervention_tier_known")),
        sa.CheckConstraint("authorised_by <> proposed_by OR self_authorised", name=op.f("ck_intervention_authorised_by_another")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_intervention_ends_after_start")),
        sa.CheckConstraint("length(note) <= 20000", name=op.f("ck_intervention_note_length")),
        sa.CheckConstraint("length(reason) <= 20000", name=op.f("ck_intervention_reason_length")),
        sa.ForeignKeyConstraint(["authorised_by"], ["app_user.id"], name=op.f("fk_intervention_authorised_by")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_intervention_case_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_intervention_party_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["app_user.id"], name=op.f("fk_intervention_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention")),
    )
    op.create_index(op.f("ix_intervention_authorised_by"), "intervention", ["authorised_by"], unique=False)
    op.create_index("ix_intervention_case", "intervention", ["case_id", "proposed_at"], unique=False)
    op.create_index("ix_intervention_ends", "intervention", ["ends_on"], unique=False, postgresql_where="state IN ('in_force', 'breached')")
    op.create_index(op.f("ix_intervention_party_id"), "intervention", ["party_id"], unique=False)
    op.create_index(op.f("ix_intervention_proposed_by"), "intervention", ["proposed_by"], unique=False)
    op.create_table(
        "party_detail",
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("standing", sa.String(length=40), nullable=True),
        sa.Column("relation", sa.String(length=200), nullable=True),
        sa.Column("hidden_from_other_party", sa.Boolean(), nullable=False),
        sa.Column("hidden_from_public", sa.Boolean(), nullable=False),
        sa.Column("hidden_from_agencies", sa.Boolean(), nullable=False),
        sa.Column("hidden_from_us", sa.Boolean(), nullable=False),
        sa.Column("hate_perceived", sa.Boolean(), nullable=False),
        sa.Column("hate_strands", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("hate_perceived_by", sa.String(length=200), nullable=True),
        sa.Column("vulnerability", sa.Text(), nullable=True),
        sa.Column("vulnerabilities", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("vulnerable_decided_by", sa.UUID(), nullable=True),
        sa.Column("vulnerable_reason", sa.String(length=500), nullable=True),
        sa.Column("may_not_know", sa.Boolean(), nullable=False),
        sa.Column("safe_to_approach_by", sa.UUID(), nullable=True),
        sa.Column("consent_victim_first", sa.String(length=40), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.CheckConstraint("length(notes) <= 20000", name=op.f("ck_party_detail_notes_length")),
        sa.CheckConstraint("length(vulnerability) <= 20000", name=op.f("ck_party_detail_vulnerability_length")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_party_detail_case_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_detail_party_id")),
        sa.ForeignKeyConstraint(["safe_to_approach_by"], ["app_user.id"], name=op.f("fk_party_detail_safe_to_approach_by")),
        sa.ForeignKeyConstraint(["vulnerable_decided_by"], ["app_user.id"], name=op.f("fk_party_detail_vulnerable_decided_by")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_party_detail")),
    )
    op.create_index(op.f("ix_party_detail_case_id"), "party_detail", ["case_id"], unique=False)
    op.create_index(op.f("ix_party_detail_safe_to_approach_by"), "party_detail", ["safe_to_approach_by"], unique=False)
    op.create_index(op.f("ix_party_detail_vulnerable_decided_by"), "party_detail", ["vulnerable_decided_by"], unique=False)
    op.create_table(
        "referral",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("agency_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("report_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("consent", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("referred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.UUID(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalate_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker_id", sa.UUID(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("consent IN ('given', 'refused', 'not_asked', 'unsafe_to_ask')", name=op.f("ck_referral_consent_known")),
        sa.CheckConstraint(
            "state IN ('held', 'open', 'acknowledged', 'accepted', 'contacted', 'closed', 'declined', 'withdrawn')",
            name=op.f("ck_referral_state_known"),
        ),
        sa.CheckConstraint("length(decision_reason) <= 20000", name=op.f("ck_referral_decision_reason_length")),
        sa.CheckConstraint("length(why) <= 20000", name=op.f("ck_referral_why_length")),
        sa.ForeignKeyConstraint(["agency_id"], ["partner.id"], name=op.f("fk_referral_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["asb_case.id"], name=op.f("fk_referral_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_referral_decided_by")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_referral_party_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_referral_person_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_referral_report_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["app_user.id"], name=op.f("fk_referral_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    op.create_index("ix_referral_agency_state", "referral", ["agency_id", "state"], unique=False)
    op.create_index(op.f("ix_referral_case_id"), "referral", ["case_id"], unique=False)
    op.create_index(op.f("ix_referral_decided_by"), "referral", ["decided_by"], unique=False)
    op.create_index(op.f("ix_referral_party_id"), "referral", ["party_id"], unique=False)
    op.create_index(op.f("ix_referral_person_id"), "referral", ["person_id"], unique=False)
    op.create_index(op.f("ix_referral_report_id"), "referral", ["report_id"], unique=False)
    op.create_index(op.f("ix_referral_worker_id"), "referral", ["worker_id"], unique=False)
    op.create_index(
        "uq_referral_open",
        "referral",
        ["agency_id", "person_id"],
        unique=True,
        postgresql_where="state IN ('held', 'open', 'acknowledged', 'accepted', 'contacted')",
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_id", sa.UUID(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('acknowledge', 'snooze', 'ask', 'do', 'give')", name=op.f("ck_answer_kind_known")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_answer_alert_id")),
        sa.ForeignKeyConstraint(["asked_id"], ["app_user.id"], name=op.f("fk_answer_asked_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_answer_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    op.create_index(op.f("ix_answer_alert_id"), "answer", ["alert_id"], unique=False)
    op.create_index(op.f("ix_answer_asked_id"), "answer", ["asked_id"], unique=False)
    op.create_index(op.f("ix_answer_user_id"), "answer", ["user_id"], unique=False)
    op.create_table(
        "contact_covers",
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_covers_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "kind", name=op.f("pk_contact_covers")),
    )
    op.create_table(
        "high_episode",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_assessment", sa.UUID(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["opened_by_assessment"], ["assessment.id"], name=op.f("fk_high_episode_opened_by_assessment")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_high_episode_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_high_episode")),
    )
    op.create_index(op.f("ix_high_episode_opened_by_assessment"), "high_episode", ["opened_by_assessment"], unique=False)
    op.create_index(op.f("ix_high_episode_party_id"), "high_episode", ["party_id"], unique=False)
    op.create_index("uq_high_episode_open", "high_episode", ["party_id"], unique=True, postgresql_where="ended_at IS NULL")
    op.create_table(
        "promise",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("klass", sa.String(length=40), nullable=False),
        sa.Column("standards_version", sa.String(length=40), nullable=False),
        sa.Column("calendar_version", sa.String(length=40), nullable=False),
        sa.Column("told_as", sa.String(length=500), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("soon_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supervisor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("manager_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("kept_by", sa.UUID(), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=True),
        sa.Column("ended_by", sa.UUID(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tightens_id", sa.UUID(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_promise_ended_has_time")),
        sa.CheckConstraint("klass IN ('standard', 'medium', 'enhanced')", name=op.f("ck_promise_klass_known")),
        sa.CheckConstraint("state IN ('open', 'kept', 'excused', 'waived', 'ended')", name=op.f("ck_promise_state_known")),
        sa.CheckConstraint("due_at >= starts_at", name=op.f("ck_promise_due_after_start")),
        sa.CheckConstraint("step BETWEEN 0 AND 4", name=op.f("ck_promise_step_range")),
        sa.ForeignKeyConstraint(["ended_by"], ["app_user.id"], name=op.f("fk_promise_ended_by")),
        sa.ForeignKeyConstraint(["kept_by"], ["contact.id"], name=op.f("fk_promise_kept_by")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_promise_party_id")),
        sa.ForeignKeyConstraint(["tightens_id"], ["promise.id"], name=op.f("fk_promise_tightens_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
        sa.UniqueConstraint("party_id", "kind", "cause_id", name=op.f("uq_promise_party_id_kind_cause_id")),
    )
    op.create_index(op.f("ix_promise_ended_by"), "promise", ["ended_by"], unique=False)
    op.create_index(op.f("ix_promise_kept_by"), "promise", ["kept_by"], unique=False)
    op.create_index("ix_promise_next", "promise", ["next_step_at"], unique=False, postgresql_where="state = 'open'")
    op.create_index("ix_promise_open_party", "promise", ["party_id"], unique=False, postgresql_where="state = 'open'")
    op.create_index(op.f("ix_promise_party_id"), "promise", ["party_id"], unique=False)
    op.create_index(op.f("ix_promise_tightens_id"), "promise", ["tightens_id"], unique=False)
    op.create_table(
        "referral_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("referral_id", sa.UUID(), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user", sa.UUID(), nullable=True),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("length(note) <= 20000", name=op.f("ck_referral_event_note_length")),
        sa.ForeignKeyConstraint(["by_user"], ["app_user.id"], name=op.f("fk_referral_event_by_user")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_event_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_referral_event_event_id")),
    )
    op.create_index(op.f("ix_referral_event_by_user"), "referral_event", ["by_user"], unique=False)
    op.create_index("ix_referral_event_referral", "referral_event", ["referral_id", "at"], unique=False)
    op.create_table(
        "telling",
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("via IN ('now', 'digest')", name=op.f("ck_telling_via_known")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_telling_alert_id")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_telling_outbox_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_telling_user_id")),
        sa.PrimaryKeyConstraint("alert_id", "step", "user_id", name=op.f("pk_telling")),
    )
    op.create_index(op.f("ix_telling_outbox_id"), "telling", ["outbox_id"], unique=False)
    op.create_index("ix_telling_unsent", "telling", ["via", "user_id"], unique=False, postgresql_where="outbox_id IS NULL")
    op.create_index("ix_telling_user", "telling", ["user_id", "told_at"], unique=False)
    op.create_table(
        "episode_referral",
        sa.Column("episode_id", sa.UUID(), nullable=False),
        sa.Column("referral_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["episode_id"], ["high_episode.id"], name=op.f("fk_episode_referral_episode_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_episode_referral_referral_id")),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_episode_referral")),
    )
    op.create_index(op.f("ix_episode_referral_referral_id"), "episode_referral", ["referral_id"], unique=False)
    op.create_table(
        "multi_agency_proposal",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("episode_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('proposed', 'accepted', 'declined')", name=op.f("ck_multi_agency_proposal_state_known")),
        sa.CheckConstraint("length(reason) <= 20000", name=op.f("ck_multi_agency_proposal_reason_length")),
        sa.ForeignKeyConstraint(["answered_by"], ["app_user.id"], name=op.f("fk_multi_agency_proposal_answered_by")),
        sa.ForeignKeyConstraint(["episode_id"], ["high_episode.id"], name=op.f("fk_multi_agency_proposal_episode_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_multi_agency_proposal_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_multi_agency_proposal")),
        sa.UniqueConstraint("episode_id", name=op.f("uq_multi_agency_proposal_episode_id")),
    )
    op.create_index(op.f("ix_multi_agency_proposal_answered_by"), "multi_agency_proposal", ["answered_by"], unique=False)
    op.create_index(op.f("ix_multi_agency_proposal_party_id"), "multi_agency_proposal", ["party_id"], unique=False)
    op.create_table(
        "supervision_review",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("episode_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.UUID(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("length(note) <= 20000", name=op.f("ck_supervision_review_note_length")),
        sa.ForeignKeyConstraint(["done_by"], ["app_user.id"], name=op.f("fk_supervision_review_done_by")),
        sa.ForeignKeyConstraint(["episode_id"], ["high_episode.id"], name=op.f("fk_supervision_review_episode_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_supervision_review_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_review")),
    )
    op.create_index(op.f("ix_supervision_review_done_by"), "supervision_review", ["done_by"], unique=False)
    op.create_index("ix_supervision_review_due", "supervision_review", ["due_at"], unique=False, postgresql_where="done_at IS NULL")
    op.create_index(op.f("ix_supervision_review_episode_id"), "supervision_review", ["episode_id"], unique=False)
    op.create_index(op.f("ix_supervision_review_party_id"), "supervision_review", ["party_id"], unique=False)
    op.create_index("uq_supervision_review_first", "supervision_review", ["episode_id"], unique=True, postgresql_where="number = 1")


def downgrade() -> None:
    op.drop_index("uq_supervision_review_first", table_name="supervision_review", postgresql_where="number = 1")
    op.drop_index(op.f("ix_supervision_review_party_id"), table_name="supervision_review")
    op.drop_index(op.f("ix_supervision_review_episode_id"), table_name="supervision_review")
    op.drop_index("ix_supervision_review_due", table_name="supervision_review", postgresql_where="done_at IS NULL")
    op.drop_index(op.f("ix_supervision_review_done_by"), table_name="supervision_review")
    op.drop_table("supervision_review")
    op.drop_index(op.f("ix_multi_agency_proposal_party_id"), table_name="multi_agency_proposal")
    op.drop_index(op.f("ix_multi_agency_proposal_answered_by"), table_name="multi_agency_proposal")
    op.drop_table("multi_agency_proposal")
    op.drop_index(op.f("ix_episode_referral_referral_id"), table_name="episode_referral")
    op.drop_table("episode_referral")
    op.drop_index("ix_telling_user", table_name="telling")
    op.drop_index("ix_telling_unsent", table_name="telling", postgresql_where="outbox_id IS NULL")
    op.drop_index(op.f("ix_telling_outbox_id"), table_name="telling")
    op.drop_table("telling")
    op.drop_index("ix_referral_event_referral", table_name="referral_event")
    op.drop_index(op.f("ix_referral_event_by_user"), table_name="referral_event")
    op.drop_table("referral_event")
    op.drop_index(op.f("ix_promise_tightens_id"), table_name="promise")
    op.drop_index(op.f("ix_promise_party_id"), table_name="promise")
    op.drop_index("ix_promise_open_party", table_name="promise", postgresql_where="state = 'open'")
    op.drop_index("ix_promise_next", table_name="promise", postgresql_where="state = 'open'")
    op.drop_index(op.f("ix_promise_kept_by"), table_name="promise")
    op.drop_index(op.f("ix_promise_ended_by"), table_name="promise")
    op.drop_table("promise")
    op.drop_index("uq_high_episode_open", table_name="high_episode", postgresql_where="ended_at IS NULL")
    op.drop_index(op.f("ix_high_episode_party_id"), table_name="high_episode")
    op.drop_index(op.f("ix_high_episode_opened_by_assessment"), table_name="high_episode")
    op.drop_table("high_episode")
    op.drop_table("contact_covers")
    op.drop_index(op.f("ix_answer_user_id"), table_name="answer")
    op.drop_index(op.f("ix_answer_asked_id"), table_name="answer")
    op.drop_index(op.f("ix_answer_alert_id"), table_name="answer")
    op.drop_table("answer")
    op.drop_index(
        "uq_referral_open", table_name="referral", postgresql_where="state IN ('held', 'open', 'acknowledged', 'accepted', 'contacted')"
    )
    op.drop_index(op.f("ix_referral_worker_id"), table_name="referral")
    op.drop_index(op.f("ix_referral_report_id"), table_name="referral")
    op.drop_index(op.f("ix_referral_person_id"), table_name="referral")
    op.drop_index(op.f("ix_referral_party_id"), table_name="referral")
    op.drop_index(op.f("ix_referral_decided_by"), table_name="referral")
    op.drop_index(op.f("ix_referral_case_id"), table_name="referral")
    op.drop_index("ix_referral_agency_state", table_name="referral")
    op.drop_table("referral")
    op.drop_index(op.f("ix_party_detail_vulnerable_decided_by"), table_name="party_detail")
    op.drop_index(op.f("ix_party_detail_safe_to_approach_by"), table_name="party_detail")
    op.drop_index(op.f("ix_party_detail_case_id"), table_name="party_detail")
    op.drop_table("party_detail")
    op.drop_index(op.f("ix_intervention_proposed_by"), table_name="intervention")
    op.drop_index(op.f("ix_intervention_party_id"), table_name="intervention")
    op.drop_index("ix_intervention_ends", table_name="intervention", postgresql_where="state IN ('in_force', 'breached')")
    op.drop_index("ix_intervention_case", table_name="intervention")
    op.drop_index(op.f("ix_intervention_authorised_by"), table_name="intervention")
    op.drop_table("intervention")
    op.drop_index(op.f("ix_contact_plan_representative_person_id"), table_name="contact_plan")
    op.drop_index(op.f("ix_contact_plan_case_id"), table_name="contact_plan")
    op.drop_index(op.f("ix_contact_plan_agreed_by"), table_name="contact_plan")
    op.drop_table("contact_plan")
    op.drop_index(op.f("ix_contact_person_id"), table_name="contact")
    op.drop_index("ix_contact_party", table_name="contact")
    op.drop_index(op.f("ix_contact_case_id"), table_name="contact")
    op.drop_index(op.f("ix_contact_by_user"), table_name="contact")
    op.drop_table("contact")
    op.drop_index("ix_case_event_report", table_name="case_event")
    op.drop_index(op.f("ix_case_event_party_id"), table_name="case_event")
    op.drop_index("ix_case_event_case", table_name="case_event")
    op.drop_table("case_event")
    op.drop_index("ix_assessment_pending", table_name="assessment", postgresql_where="state = 'pending'")
    op.drop_index("ix_assessment_party", table_name="assessment")
    op.drop_index(op.f("ix_assessment_case_id"), table_name="assessment")
    op.drop_index(op.f("ix_assessment_assessor_id"), table_name="assessment")
    op.drop_index(op.f("ix_assessment_agreed_by"), table_name="assessment")
    op.drop_table("assessment")
    op.drop_index("uq_alert_open", table_name="alert", postgresql_where="closed_at IS NULL")
    op.drop_index(op.f("ix_alert_team_id"), table_name="alert")
    op.drop_index(op.f("ix_alert_report_id"), table_name="alert")
    op.drop_index(op.f("ix_alert_party_id"), table_name="alert")
    op.drop_index(op.f("ix_alert_owner_partner_id"), table_name="alert")
    op.drop_index("ix_alert_open_team", table_name="alert", postgresql_where="closed_at IS NULL")
    op.drop_index("ix_alert_open_subject", table_name="alert", postgresql_where="closed_at IS NULL")
    op.drop_index(op.f("ix_alert_officer_id"), table_name="alert")
    op.drop_index("ix_alert_case", table_name="alert")
    op.drop_index(op.f("ix_alert_agency_id"), table_name="alert")
    op.drop_table("alert")
    op.drop_table("report_detail")
    op.drop_index(op.f("ix_party_report_id"), table_name="party")
    op.drop_index(op.f("ix_party_person_id"), table_name="party")
    op.drop_index(op.f("ix_party_case_id"), table_name="party")
    op.drop_table("party")
    op.drop_index("uq_handover_open_report", table_name="handover", postgresql_where="state = 'offered' AND report_id IS NOT NULL")
    op.drop_index("uq_handover_open_case", table_name="handover", postgresql_where="state = 'offered' AND case_id IS NOT NULL")
    op.drop_index(op.f("ix_handover_to_team_id"), table_name="handover")
    op.drop_index(op.f("ix_handover_offered_by"), table_name="handover")
    op.drop_index(op.f("ix_handover_from_team_id"), table_name="handover")
    op.drop_index(op.f("ix_handover_answered_by"), table_name="handover")
    op.drop_table("handover")
    op.drop_index(op.f("ix_report_triaged_by"), table_name="report")
    op.drop_index("ix_report_team_state", table_name="report")
    op.drop_index("ix_report_taken_by", table_name="report")
    op.drop_index(op.f("ix_report_suggested_case_id"), table_name="report")
    op.drop_index(op.f("ix_report_place_id"), table_name="report")
    op.drop_index(op.f("ix_report_owner_partner_id"), table_name="report")
    op.drop_index(op.f("ix_report_incident_id"), table_name="report")
    op.drop_index(op.f("ix_report_case_id"), table_name="report")
    op.drop_table("report")
    op.drop_index("ix_case_grant_grantee", table_name="case_grant")
    op.drop_index(op.f("ix_case_grant_granted_by"), table_name="case_grant")
    op.drop_index(op.f("ix_case_grant_case_id"), table_name="case_grant")
    op.drop_table("case_grant")
    op.drop_index(op.f("ix_case_detail_signed_by"), table_name="case_detail")
    op.drop_index(op.f("ix_case_detail_proposed_by"), table_name="case_detail")
    op.drop_table("case_detail")
    op.drop_index("ix_case_clock_review", table_name="case_clock")
    op.drop_index("ix_case_clock_quiet", table_name="case_clock")
    op.drop_table("case_clock")
    op.drop_index(op.f("ix_case_action_owner_id"), table_name="case_action")
    op.drop_index("ix_case_action_open", table_name="case_action", postgresql_where="done_at IS NULL")
    op.drop_index(op.f("ix_case_action_created_by"), table_name="case_action")
    op.drop_index(op.f("ix_case_action_case_id"), table_name="case_action")
    op.drop_table("case_action")
    op.drop_index("ix_user_session_user", table_name="user_session")
    op.drop_table("user_session")
    op.drop_index("ix_role_held_team_role", table_name="role_held")
    op.drop_table("role_held")
    op.drop_index(op.f("ix_residence_place_id"), table_name="residence")
    op.drop_index(op.f("ix_residence_person_id"), table_name="residence")
    op.drop_table("residence")
    op.drop_index(op.f("ix_quarantined_row_resolved_by"), table_name="quarantined_row")
    op.drop_index("ix_quarantined_row_open", table_name="quarantined_row", postgresql_where="resolved_at IS NULL")
    op.drop_table("quarantined_row")
    op.drop_index(op.f("ix_incident_linked_by"), table_name="incident")
    op.drop_table("incident")
    op.drop_index(op.f("ix_duty_user_id"), table_name="duty")
    op.drop_index("ix_duty_team_ends", table_name="duty")
    op.drop_table("duty")
    op.drop_index("ix_asb_case_team_state", table_name="asb_case")
    op.drop_index(op.f("ix_asb_case_place_id"), table_name="asb_case")
    op.drop_index(op.f("ix_asb_case_owner_partner_id"), table_name="asb_case")
    op.drop_index("ix_asb_case_officer_state", table_name="asb_case")
    op.drop_table("asb_case")
    op.drop_index("ix_absence_user_ends", table_name="absence")
    op.drop_index(op.f("ix_absence_cover_user_id"), table_name="absence")
    op.drop_table("absence")
    op.drop_index(op.f("ix_team_partner_id"), table_name="team")
    op.drop_table("team")
    op.drop_index(op.f("ix_postcode_district_code"), table_name="postcode")
    op.drop_table("postcode")
    op.drop_index("ix_police_incident_month_district", table_name="police_incident")
    op.drop_index(op.f("ix_police_incident_district_code"), table_name="police_incident")
    op.drop_index(op.f("ix_police_incident_delivery_id"), table_name="police_incident")
    op.drop_table("police_incident")
    op.drop_index(op.f("ix_place_landlord_id"), table_name="place")
    op.drop_index(op.f("ix_place_district_code"), table_name="place")
    op.drop_index("ix_place_building_key", table_name="place")
    op.drop_index("ix_place_address_trgm", table_name="place", postgresql_using="gin", postgresql_ops={"address_key": "gin_trgm_ops"})
    op.drop_index("ix_place_address_key", table_name="place")
    op.drop_table("place")
    op.drop_index(op.f("ix_person_contact_person_id"), table_name="person_contact")
    op.drop_index("ix_person_contact_kind_value_key", table_name="person_contact")
    op.drop_table("person_contact")
    op.drop_index(op.f("ix_lsoa_district_code"), table_name="lsoa")
    op.drop_table("lsoa")
    op.drop_index(op.f("ix_app_user_partner_id"), table_name="app_user")
    op.drop_table("app_user")
    op.drop_table("sweep_mark")
    op.drop_table("submission")
    op.drop_table("reference_counter")
    op.drop_index("ix_person_sound", table_name="person")
    op.drop_index("ix_person_name_trgm", table_name="person", postgresql_using="gin", postgresql_ops={"name_key": "gin_trgm_ops"})
    op.drop_index(op.f("ix_person_canonical_id"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_partner_successor_id"), table_name="partner")
    op.drop_table("partner")
    op.drop_index("ix_outbox_ref", table_name="outbox")
    op.drop_index("ix_outbox_next", table_name="outbox", postgresql_where="state = 'waiting'")
    op.drop_index("ix_outbox_lease", table_name="outbox", postgresql_where="state = 'sending'")
    op.drop_table("outbox")
    op.drop_table("installation")
    op.drop_table("draft")
    op.drop_table("district")
    op.drop_table("delivery")
    op.drop_table("audit_payload")
    op.drop_index("ix_audit_entry_case", table_name="audit_entry")
    op.drop_index("ix_audit_entry_actor", table_name="audit_entry")
    op.drop_table("audit_entry")
