"""The record is sealed and watched: seals, lawful erasure, epochs, looks at oneself, what the information officer may ask."""

import sqlalchemy as sa
from alembic import op

from sentinel.audit.models import Xid8

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"
RECORD = ("audit_entry", "audit_payload")
PARTS = ("rest", *map(str, range(2026, 2031)))

EPOCH = "CREATE FUNCTION current_epoch() RETURNS int LANGUAGE sql STABLE AS $$ SELECT epoch FROM public.installation $$"


def _part(value: str) -> str:
    """A value with its length before it; nothing (NULL) has a length of its own, so it is not the empty value."""
    return f"coalesce(int4send(octet_length({value})) || {value}, '\\xffffffff'::bytea)"


def _words(column: str) -> str:
    return _part(f"convert_to({column}, 'UTF8')")


# Integers and bytes only: no locale, no time zone, no number format comes into it. Every value has its length before it.
LEAF = " || ".join(
    [
        "int8send(e.id)",
        "int8send(e.at_us)",
        "int4send(e.epoch)",
        "xid8send(e.xid)",
        _words("e.actor"),
        _part("uuid_send(e.partner_id)"),
        _words("e.authority"),
        _words("e.request_id"),
        _words("e.kind"),
        _words("e.table_name"),
        _words("e.row_id"),
        _words("e.op"),
        _part("uuid_send(e.case_id)"),
        _words("array_to_string(e.person_ids, ',', '-')"),
        _part("e.payload_digest"),
    ]
)

SEALING = f"""
CREATE FUNCTION audit_root(of_epoch int, xid_from xid8, xid_to xid8, OUT entries bigint, OUT root bytea) LANGUAGE sql STABLE AS $$
    SELECT count(*), sha256(coalesce(string_agg(sha256({LEAF}), ''::bytea ORDER BY e.xid, e.id), ''))
    FROM public.audit_entry e WHERE e.epoch = of_epoch AND e.xid >= xid_from AND e.xid < xid_to
$$;

CREATE FUNCTION audit_chain(prev bytea, n bigint, epoch int, xid_from xid8, xid_to xid8, entries bigint, root bytea, sealed_us bigint)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(prev || int8send(n) || int4send(epoch) || xid8send(xid_from) || xid8send(xid_to) || int8send(entries) || root
                  || int8send(sealed_us))
$$;

-- What the next seal would say: entries whose transactions are all over, a million at most; no row when there are none.
-- Entries of an epoch that is over (a restore ended it) come first: no more can follow them.
CREATE FUNCTION audit_next_seal() RETURNS SETOF audit_seal LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
    last audit_seal;
    next audit_seal;
    cut xid8;
BEGIN
    SELECT * INTO last FROM audit_seal ORDER BY n DESC LIMIT 1;
    SELECT e.epoch INTO next.epoch FROM audit_entry e
        WHERE (e.epoch, e.xid) >= (coalesce(last.epoch, 0), coalesce(last.xid_to, '0')) ORDER BY e.epoch, e.xid LIMIT 1;
    IF next.epoch IS NULL THEN
        RETURN;
    END IF;
    next.xid_from := CASE WHEN next.epoch = last.epoch THEN last.xid_to ELSE '0'::xid8 END;
    next.xid_to := horizon;
    IF next.epoch < current_epoch() THEN
        SELECT (e.xid::text::numeric + 1)::text::xid8 INTO next.xid_to FROM audit_entry e WHERE e.epoch = next.epoch ORDER BY e.xid DESC LIMIT 1;
    END IF;
    SELECT e.xid INTO cut FROM audit_entry e WHERE e.epoch = next.epoch AND e.xid >= next.xid_from AND e.xid < next.xid_to
        ORDER BY e.xid OFFSET 1000000 LIMIT 1;
    IF cut IS NOT NULL THEN
        next.xid_to := CASE WHEN cut > next.xid_from AND EXISTS (SELECT FROM audit_entry e
            WHERE e.epoch = next.epoch AND e.xid >= next.xid_from AND e.xid < cut) THEN cut ELSE (cut::text::numeric + 1)::text::xid8 END;
    END IF;
    SELECT r.entries, r.root INTO next.entries, next.root FROM audit_root(next.epoch, next.xid_from, next.xid_to) r;
    IF next.entries = 0 THEN
        RETURN;
    END IF;
    next.n := coalesce(last.n, 0) + 1;
    next.prev := coalesce(last.chain, sha256(''));
    next.sealed_us := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    next.chain := audit_chain(next.prev, next.n, next.epoch, next.xid_from, next.xid_to, next.entries, next.root, next.sealed_us);
    next.signature := '';
    RETURN NEXT next;
END $$;

-- The worker hands in the signature; what is signed is checked here for its place, and by `audit verify` for everything.
CREATE FUNCTION audit_add_seal(next audit_seal) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last audit_seal;
BEGIN
    PERFORM pg_advisory_xact_lock(7283118);
    SELECT * INTO last FROM audit_seal ORDER BY n DESC LIMIT 1;
    IF next.n IS DISTINCT FROM coalesce(last.n, 0) + 1 OR next.prev IS DISTINCT FROM coalesce(last.chain, sha256(''))
       OR next.epoch < coalesce(last.epoch, 0) OR next.epoch > current_epoch() OR next.xid_to <= next.xid_from OR next.entries < 1
       OR next.xid_from IS DISTINCT FROM (CASE WHEN next.epoch = last.epoch THEN last.xid_to ELSE '0'::xid8 END)
       OR (next.epoch = current_epoch() AND next.xid_to > pg_snapshot_xmin(pg_current_snapshot()))
       OR next.chain IS DISTINCT FROM audit_chain(next.prev, next.n, next.epoch, next.xid_from, next.xid_to, next.entries, next.root, next.sealed_us)
    THEN
        RAISE EXCEPTION 'This seal does not follow the last one.';
    END IF;
    INSERT INTO audit_seal SELECT next.*;
END $$;

-- The moment (microseconds since 1970) of the oldest entry that no seal covers yet; NULL when all are sealed.
CREATE FUNCTION record_unsealed_since() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.at_us FROM audit_entry e
    WHERE (e.epoch, e.xid) >= (coalesce((SELECT s.epoch FROM audit_seal s ORDER BY s.n DESC LIMIT 1), 0),
                               coalesce((SELECT s.xid_to FROM audit_seal s ORDER BY s.n DESC LIMIT 1), '0'))
    ORDER BY e.epoch, e.xid LIMIT 1
$$;
"""

# Only payloads go, and only what is about these people or is named: entries, their digests and seals stay. Owner only.
ERASING = """
CREATE FUNCTION audit_erase(people uuid[], entries bigint[], authority text) RETURNS int LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    everybody uuid[] := ARRAY(SELECT n.id FROM person n WHERE n.canonical_id IN (SELECT c.canonical_id FROM person c WHERE c.id = ANY (people)))
        || people;
    parties text[] := ARRAY(SELECT y.id::text FROM party y WHERE y.person_id = ANY (everybody));
    erased int;
    recorded bigint;
BEGIN
    IF coalesce(btrim(authority), '') = '' THEN
        RAISE EXCEPTION 'Say on what authority this is erased.';
    END IF;
    PERFORM set_config('sentinel.authority', authority, true);
    PERFORM audit_write('change', 'audit_payload', coalesce(people[1]::text, entries[1]::text), 'erase', NULL, nullif(people, '{}'), NULL);
    SELECT max(e.id) INTO recorded FROM audit_entry e WHERE e.xid = pg_current_xact_id() AND e.epoch = current_epoch() AND e.op = 'erase';
    WITH of_parties AS (
        SELECT DISTINCT e.table_name, e.row_id FROM audit_payload p JOIN audit_entry e ON e.id = p.entry_id AND e.at_us = p.at_us
        WHERE p.body ->> 'party_id' = ANY (parties) OR (e.table_name = 'party' AND e.row_id = ANY (parties))
    ), gone AS (
        DELETE FROM audit_payload p USING audit_entry e
        WHERE e.id = p.entry_id AND e.at_us = p.at_us
          AND (e.id = ANY (entries) OR e.person_ids && everybody OR (e.table_name, e.row_id) IN (SELECT t.table_name, t.row_id FROM of_parties t))
        RETURNING p.entry_id, p.at_us
    )
    INSERT INTO disposal (entry_id, at_us, authority, by, at, recorded_as)
    SELECT g.entry_id, g.at_us, authority, current_setting('sentinel.actor'), clock_timestamp(), recorded FROM gone g;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;
"""

# Somebody signed in was refused an address that names a case, a report or a person on one: the name of the page and the key.
REFUSED = """
CREATE FUNCTION audit_refused(endpoint text, row_id text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT audit_write('access', endpoint, row_id, 'refused', NULL, NULL, NULL)
$$;
"""

# Looks whose transactions are over since the last time, at people who are the looker, somebody of their partner, or whom or
# whose address they declared. The keys of names and numbers are made in Python, by the rule that makes those of people.
FLAGGING = """
CREATE FUNCTION flag_looks(users uuid[], names text[], emails text[], phones text[]) RETURNS int LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
    mark look_mark;
    flagged int;
BEGIN
    SELECT * INTO mark FROM look_mark WHERE id = 1 FOR UPDATE;
    WITH staff AS MATERIALIZED (
        SELECT k.user_id, k.name_key, k.email_key, k.phone_key, u.partner_id
        FROM unnest(users, names, emails, phones) AS k (user_id, name_key, email_key, phone_key) JOIN app_user u ON u.id = k.user_id
    ), shown AS (
        SELECT e.id, e.at_us, s.user_id, p.person_id FROM audit_entry e JOIN staff s ON s.user_id::text = e.actor
        CROSS JOIN LATERAL (SELECT unnest(e.person_ids) AS person_id
            UNION SELECT y.person_id FROM party y WHERE e.person_ids IS NULL AND y.case_id = e.case_id) AS p
        WHERE e.kind IN ('look', 'search', 'export')
          AND (e.epoch, e.xid) >= (mark.epoch, mark.xid) AND (e.epoch, e.xid) < (current_epoch(), horizon)
    ), looked AS (
        SELECT DISTINCT ON (user_id, person_id) user_id, person_id, id, at_us FROM shown ORDER BY user_id, person_id, id
    ), alike AS MATERIALIZED (
        SELECT n.id AS person_id, s.user_id AS is_user FROM person n JOIN staff s ON s.name_key = n.name_key AND n.name_key <> ''
        WHERE n.id IN (SELECT l.person_id FROM looked l)
        UNION SELECT c.person_id, s.user_id FROM person_contact c JOIN staff s ON c.value_key <> ''
            AND ((c.kind = 'email' AND c.value_key = s.email_key) OR (c.kind = 'phone' AND c.value_key = s.phone_key))
        WHERE c.person_id IN (SELECT l.person_id FROM looked l)
    ), found AS (
        SELECT l.*, 'self' AS why, 1 AS rank FROM looked l JOIN alike a ON a.person_id = l.person_id AND a.is_user = l.user_id
        UNION ALL SELECT l.*, 'address', 2 FROM looked l JOIN residence r ON r.person_id = l.person_id JOIN place p ON p.id = r.place_id
            JOIN declared_interest d ON d.user_id = l.user_id AND d.withdrawn_at IS NULL AND d.building_key = p.building_key
        UNION ALL SELECT l.*, 'declared', 3 FROM looked l JOIN person n ON n.id = l.person_id
            JOIN declared_interest d ON d.user_id = l.user_id AND d.withdrawn_at IS NULL AND d.name_key = n.name_key
        UNION ALL SELECT l.*, 'colleague', 4 FROM looked l JOIN alike a ON a.person_id = l.person_id AND a.is_user <> l.user_id
            JOIN staff s ON s.user_id = l.user_id JOIN staff c ON c.user_id = a.is_user AND c.partner_id = s.partner_id
    )
    INSERT INTO look_flag (id, user_id, person_id, why, entry_id, at_us, flagged_at)
    SELECT DISTINCT ON (f.user_id, f.person_id) gen_random_uuid(), f.user_id, f.person_id, f.why, f.id, f.at_us, clock_timestamp() + (SELECT i.clock_offset FROM installation i)
    FROM found f ORDER BY f.user_id, f.person_id, f.rank
    ON CONFLICT (user_id, person_id) WHERE reviewed_at IS NULL DO NOTHING;
    GET DIAGNOSTICS flagged = ROW_COUNT;
    UPDATE look_mark SET epoch = current_epoch(), xid = horizon WHERE id = 1;
    RETURN flagged;
END $$;
"""

# The information officer sees no case by that role: names, roles and numbers only, and only after saying why.
ASKING = """
CREATE FUNCTION is_information_officer() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT string_to_array(current_setting('sentinel.roles', true), ',') @> ARRAY['information_officer']
$$;

CREATE FUNCTION record_find(wanted text) RETURNS TABLE (about_table text, about_id uuid) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT f.about_table, f.about_id FROM (
        SELECT 'asb_case' AS about_table, coalesce(r.case_id, c.id) AS about_id, 1 AS place
        FROM report r FULL JOIN asb_case c ON c.reference = r.reference WHERE coalesce(c.reference, r.reference) = wanted AND coalesce(r.case_id, c.id) IS NOT NULL
        UNION ALL SELECT 'report', r.id, 2 FROM report r WHERE r.reference = wanted
    ) AS f WHERE is_information_officer() ORDER BY f.place LIMIT 1
$$;

CREATE FUNCTION record_people(question uuid) RETURNS TABLE (person_id uuid, name text, roles text[]) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT n.id, n.name::text, array_agg(DISTINCT y.role::text) FROM record_question q
    JOIN party y ON y.case_id = q.about_id OR y.report_id = q.about_id OR y.report_id IN (SELECT r.id FROM report r WHERE r.case_id = q.about_id)
    JOIN person n ON n.id = y.person_id
    WHERE q.id = question AND q.user_id::text = current_setting('sentinel.user', true) AND is_information_officer()
    GROUP BY n.id, n.name
$$;

CREATE FUNCTION record_references(ids uuid[]) RETURNS TABLE (id uuid, reference text, owner_partner_id uuid, officer_id uuid) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.reference::text, c.owner_partner_id, c.officer_id FROM asb_case c WHERE c.id = ANY (ids) AND is_information_officer()
    UNION ALL SELECT r.id, r.reference::text, r.owner_partner_id, NULL FROM report r WHERE r.id = ANY (ids) AND is_information_officer()
$$;

CREATE FUNCTION record_flagged() RETURNS TABLE (id uuid, user_id uuid, person_name text, why text, at_us bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT f.id, f.user_id, n.name::text, f.why::text, f.at_us FROM look_flag f JOIN person n ON n.id = f.person_id
    WHERE f.reviewed_at IS NULL AND f.user_id::text <> current_setting('sentinel.user', true) AND is_information_officer()
$$;
"""

WRITE = "audit_write(text, text, text, text, uuid, uuid[], jsonb)"
# Asked for within the statement that PL/pgSQL keeps planned: as a default it was planned anew for each entry (1.4 ms, measured).
OF_EPOCH = (
    ("INSERT INTO audit_entry (at_us,", "INSERT INTO audit_entry (epoch, at_us,"),
    ("VALUES (moment,", "VALUES ((SELECT i.epoch FROM installation i), moment,"),
)

FUNCTIONS = {
    "audit_next_seal()": "sentinel_worker",
    "audit_add_seal(audit_seal)": "sentinel_worker",
    "record_unsealed_since()": READERS,
    "audit_erase(uuid[], bigint[], text)": "",
    "audit_refused(text, text)": READERS,
    "flag_looks(uuid[], text[], text[], text[])": "sentinel_worker",
    "record_find(text)": "sentinel_web",
    "record_people(uuid)": "sentinel_web",
    "record_references(uuid[])": "sentinel_web",
    "record_flagged()": "sentinel_web",
}
HELPERS = (
    "audit_root(int, xid8, xid8)",
    "audit_chain(bytea, bigint, int, xid8, xid8, bigint, bytea, bigint)",
    "is_information_officer()",
)
RECORDED = {"declared_interest": "id", "look_flag": "id", "record_question": "id"}


def _swap(function: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """Replace parts of a function as it stands, whoever made it: each must be there exactly once."""
    body = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{function}'::regprocedure)"))
    for old, new in pairs:
        assert body.count(old) == 1, old
        body = body.replace(old, new)
    op.get_bind().execute(sa.text(body.replace(":", r"\:")))


def _tables() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("xid_from", Xid8(), nullable=False),
        sa.Column("xid_to", Xid8(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_us", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit_seal")),
    )
    op.create_table(
        "disposal",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("authority", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_as", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_disposal")),
    )
    op.create_table(
        "look_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_mark")),
    )
    op.create_table(
        "declared_interest",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("name_key", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("building_key", sa.String(length=500), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("num_nonnulls(name_key, building_key) = 1", name=op.f("ck_declared_interest_person_or_address")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_declared_interest_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_interest")),
    )
    op.create_index(op.f("ix_declared_interest_user_id"), "declared_interest", ["user_id"], unique=False)
    op.create_table(
        "look_flag",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.UUID(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint("why IN ('self', 'address', 'declared', 'colleague')", name=op.f("ck_look_flag_why_known")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look_flag_person_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["app_user.id"], name=op.f("fk_look_flag_reviewed_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_look_flag_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_flag")),
    )
    op.create_index(op.f("ix_look_flag_person_id"), "look_flag", ["person_id"], unique=False)
    op.create_index(op.f("ix_look_flag_reviewed_by"), "look_flag", ["reviewed_by"], unique=False)
    op.create_index(op.f("ix_look_flag_user_id"), "look_flag", ["user_id"], unique=False)
    op.create_index("uq_look_flag_open", "look_flag", ["user_id", "person_id"], unique=True, postgresql_where="reviewed_at IS NULL")
    op.create_table(
        "record_question",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("about_table", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("about_table IN ('asb_case', 'report', 'app_user')", name=op.f("ck_record_question_about_table_known")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_record_question_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_question")),
    )
    op.create_index(op.f("ix_record_question_user_id"), "record_question", ["user_id"], unique=False)


def _rights() -> None:
    # "ALL TABLES" in 0002 reached the partitions too, past the rights of the tables they are parts of.
    for table in RECORD:
        for part in PARTS:
            op.execute(f"REVOKE ALL ON {table}_{part} FROM {READERS}")
            op.execute(f"REVOKE UPDATE, TRUNCATE ON {table}_{part} FROM CURRENT_USER")
        op.execute(f"REVOKE UPDATE, TRUNCATE ON {table} FROM CURRENT_USER")
    op.execute("REVOKE DELETE ON audit_entry, " + ", ".join(f"audit_entry_{part}" for part in PARTS) + " FROM CURRENT_USER")
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON audit_seal, disposal FROM CURRENT_USER")
    op.execute(f"REVOKE ALL ON SEQUENCE audit_entry_id_seq FROM {READERS}")
    op.execute(f"GRANT SELECT ON audit_seal TO {READERS}, sentinel_sealer")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON declared_interest TO {READERS}")
    op.execute(f"GRANT SELECT ON look_flag TO {READERS}")
    op.execute(f"GRANT UPDATE (reviewed_at, reviewed_by, note) ON look_flag TO {READERS}")
    op.execute(f"GRANT SELECT, INSERT ON record_question TO {READERS}")
    op.execute("GRANT SELECT ON look_mark TO sentinel_worker")
    for signature, who in FUNCTIONS.items():
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        if who:
            op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {who}")


def upgrade() -> None:
    op.execute("SELECT set_config('sentinel.actor', 'migration:0010', true)")
    op.add_column("installation", sa.Column("epoch", sa.Integer(), server_default="1", nullable=False))
    op.execute(EPOCH)
    op.execute("ALTER TABLE audit_entry ALTER COLUMN epoch SET DEFAULT current_epoch()")
    op.create_index("ix_audit_entry_sealing", "audit_entry", ["epoch", "xid"], unique=False)
    op.create_index(
        "ix_audit_entry_people", "audit_entry", ["person_ids"], unique=False, postgresql_using="gin", postgresql_where="kind <> 'change'"
    )
    _tables()
    for functions in (SEALING, ERASING, REFUSED, FLAGGING, ASKING):
        op.get_bind().exec_driver_sql(functions)
    _swap(WRITE, OF_EPOCH)
    for table, keys in RECORDED.items():
        op.execute(f"CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_change('{keys}')")
    op.execute("INSERT INTO look_mark (id, epoch, xid) VALUES (1, 0, '0')")
    _rights()


def downgrade() -> None:
    _swap(WRITE, tuple((new, old) for old, new in OF_EPOCH))
    for signature in (*reversed(FUNCTIONS), *reversed(HELPERS)):
        op.execute(f"DROP FUNCTION {signature}")
    for table in ("record_question", "look_flag", "declared_interest", "look_mark", "disposal", "audit_seal"):
        op.drop_table(table)
    op.drop_index("ix_audit_entry_people", table_name="audit_entry")
    op.drop_index("ix_audit_entry_sealing", table_name="audit_entry")
    op.execute("ALTER TABLE audit_entry ALTER COLUMN epoch SET DEFAULT 1")
    op.execute("DROP FUNCTION current_epoch()")
    op.drop_column("installation", "epoch")
    op.execute(f"GRANT USAGE ON SEQUENCE audit_entry_id_seq TO {READERS}")
    for table in RECORD:
        for part in PARTS:
            op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table}_{part} TO {READERS}")
            op.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON {table}_{part} TO CURRENT_USER")
        op.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON {table} TO CURRENT_USER")
