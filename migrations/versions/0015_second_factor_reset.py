"""A lost second factor is taken away by whoever administers the person, who reads nothing of it: two small functions.

The reset writes its own entry of the record, with the reason, so that there is none without one.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"

# May the viewer administer this person's account? Nobody their own; a local administrator nobody whose role reaches beyond the partner.
ADMINISTERED_PERSON = """
CREATE FUNCTION administered_person(who uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT who <> nullif(current_setting('sentinel.user', true), '')::uuid AND (
        'governance' = ANY (string_to_array(current_setting('sentinel.roles', true), ','))
        OR EXISTS (SELECT FROM app_user u WHERE u.id = who AND u.partner_id = administered_partner())
            AND NOT EXISTS (SELECT FROM role_held h WHERE h.user_id = who
                            AND h.role IN ('governance', 'information_officer', 'local_admin')))
$$
"""
HAS_SECOND_FACTOR = """
CREATE FUNCTION has_second_factor(who uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT administered_person(who) AND EXISTS (SELECT FROM credential c WHERE c.user_id = who AND c.totp_confirmed_at IS NOT NULL)
$$
"""
RESET_SECOND_FACTOR = """
CREATE FUNCTION reset_second_factor(who uuid, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF administered_person(who) IS NOT TRUE OR btrim(reason) = '' THEN
        RAISE EXCEPTION 'This second factor is not for you to take away.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE credential SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL WHERE user_id = who;
    DELETE FROM recovery_code WHERE user_id = who;
    PERFORM set_config('sentinel.authority', reason, true);
    PERFORM audit_access('second_factor_reset', who);
END $$
"""
FUNCTIONS = {
    "administered_person(uuid)": ADMINISTERED_PERSON,
    "has_second_factor(uuid)": HAS_SECOND_FACTOR,
    "reset_second_factor(uuid, text)": RESET_SECOND_FACTOR,
}


def upgrade() -> None:
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {READERS}")


def downgrade() -> None:
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
