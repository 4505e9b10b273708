"""What cannot be retrofitted: rights of the four roles, the audit trigger with its actor, the first rows."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"

# Written by machines alone: no person's change, so no entry in the record.
MACHINE = ("audit_entry", "audit_payload", "draft", "submission", "reference_counter", "user_session", "outbox", "alert",
           "telling", "sweep_mark", "case_clock", "postcode", "lsoa", "police_incident", "alembic_version")  # fmt: skip

# The sweep moves steps many thousand at a time; what a person decides about a promise is recorded.
RECORDED_COLUMNS = {"promise": "state, ended_reason, ended_by, kept_by, supervisor_at, manager_at"}

PROMISE_MOVES = "step, next_step_at, state, kept_by, ended_reason, ended_by, ended_at, supervisor_at, manager_at, version"

AUDIT_FUNCTIONS = """
CREATE FUNCTION audit_write(kind text, table_name text, row_id text, op text, case_id uuid, person_ids uuid[], body jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who text := nullif(current_setting('sentinel.actor', true), '');
    salt bytea := uuid_send(gen_random_uuid());
    moment bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    entry bigint;
BEGIN
    IF who IS NULL THEN
        RAISE EXCEPTION 'Nobody has said who is doing this: set sentinel.actor in this transaction first.';
    END IF;
    INSERT INTO audit_entry (at_us, actor, partner_id, authority, request_id, kind, table_name, row_id, op, case_id, person_ids,
                             payload_digest)
    VALUES (moment, who, NULL, nullif(current_setting('sentinel.authority', true), ''),
            nullif(current_setting('sentinel.request', true), ''), kind, table_name, row_id, op, case_id, person_ids,
            CASE WHEN body IS NOT NULL THEN sha256(salt || convert_to(body::text, 'UTF8')) END)
    RETURNING id INTO entry;
    IF body IS NOT NULL THEN
        INSERT INTO audit_payload (entry_id, at_us, salt, body) VALUES (entry, moment, salt, body);
    END IF;
END $$;

CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    is_ jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    facts jsonb := coalesce(is_, was);
    body jsonb := facts;
    keys text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(key, jsonb_build_array(was -> key, value)) INTO body
        FROM jsonb_each(is_) WHERE value IS DISTINCT FROM was -> key AND key <> 'version';
        IF body IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    SELECT string_agg(facts ->> key, ' ' ORDER BY n) INTO keys FROM unnest(TG_ARGV) WITH ORDINALITY AS t(key, n);
    PERFORM audit_write('change', TG_TABLE_NAME, keys, lower(TG_OP),
        (CASE TG_TABLE_NAME WHEN 'asb_case' THEN facts ->> 'id' ELSE facts ->> 'case_id' END)::uuid,
        CASE WHEN coalesce(facts ->> 'person_id', CASE TG_TABLE_NAME WHEN 'person' THEN facts ->> 'id' END) IS NOT NULL
             THEN ARRAY[coalesce(facts ->> 'person_id', facts ->> 'id')::uuid] END,
        body);
    RETURN NULL;
END $$;

CREATE FUNCTION audit_look(kind text, table_name text, row_id text, case_id uuid, person_ids uuid[])
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT audit_write(kind, table_name, row_id, 'select', case_id, person_ids, NULL)
$$;

REVOKE ALL ON FUNCTION audit_write(text, text, text, text, uuid, uuid[], jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_look(text, text, text, uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_look(text, text, text, uuid, uuid[]) TO sentinel_web, sentinel_worker;
"""

TRIGGERS = """
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN
        SELECT c.relname AS name, string_agg(quote_literal(a.attname), ', ' ORDER BY array_position(i.indkey::int2[], a.attnum)) AS keys
        FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
        WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL (%(machine)s)
        GROUP BY c.relname
    LOOP
        EXECUTE format('CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE %%s ON %%I FOR EACH ROW EXECUTE FUNCTION audit_change(%%s)',
            CASE t.name WHEN 'promise' THEN 'OF %(promise)s' ELSE '' END, t.name, t.keys);
    END LOOP;
END $$;
"""


def _partitions() -> None:
    for table in ("audit_entry", "audit_payload"):
        op.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
        for year in range(2026, 2031):
            first, last = (f"(extract(epoch FROM timestamptz '{y}-01-01 00:00:00+00') * 1000000)" for y in (year, year + 1))
            op.execute(
                f"""DO $$ BEGIN EXECUTE format('CREATE TABLE {table}_{year} PARTITION OF {table} FOR VALUES FROM (%s) TO (%s)',
                {first}::bigint, {last}::bigint); END $$"""
            )


def _rights() -> None:
    op.execute(f"GRANT USAGE ON SCHEMA public TO {READERS}, sentinel_sealer")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {READERS}")
    op.execute(f"GRANT DELETE ON draft TO {READERS}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {READERS}")
    for table in ("audit_entry", "audit_payload", "alembic_version", "installation"):
        op.execute(f"REVOKE INSERT, UPDATE ON {table} FROM {READERS}")
    op.execute(f"REVOKE SELECT ON audit_payload FROM {READERS}")
    for kept_for_ever in ("contact_covers", "referral_event", "case_event", "telling", "answer"):
        op.execute(f"REVOKE UPDATE ON {kept_for_ever} FROM {READERS}")
    op.execute(f"REVOKE UPDATE ON promise FROM {READERS}")
    op.execute(f"GRANT UPDATE ({PROMISE_MOVES}) ON promise TO {READERS}")
    op.execute("GRANT SELECT ON audit_entry TO sentinel_sealer")


def upgrade() -> None:
    op.execute("SELECT set_config('sentinel.actor', 'migration:0002', true)")
    _partitions()
    op.execute(AUDIT_FUNCTIONS)
    machine = "ARRAY[" + ", ".join(f"'{name}'" for name in MACHINE) + "]::name[]"
    op.execute(TRIGGERS % {"machine": machine, "promise": RECORDED_COLUMNS["promise"]})
    op.execute("INSERT INTO installation (id, demonstration, clock_offset) VALUES (1, false, '0')")
    _rights()


def downgrade() -> None:
    op.execute("DELETE FROM installation WHERE set_config('sentinel.actor', 'migration:0002', true) <> ''")
    op.execute("DO $$ DECLARE t name; BEGIN FOR t IN SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = 'audit' LOOP "
               "EXECUTE 'DROP TRIGGER audit ON ' || t; END LOOP; END $$")  # fmt: skip
    op.execute("DROP FUNCTION audit_look(text, text, text, uuid, uuid[])")
    op.execute("DROP FUNCTION audit_change()")
    op.execute("DROP FUNCTION audit_write(text, text, text, text, uuid, uuid[], jsonb)")
    for table in ("audit_entry", "audit_payload"):
        for part in ("rest", *map(str, range(2026, 2031))):
            op.execute(f"DROP TABLE {table}_{part}")
