"""Likeness of people and places, found by index, with the viewer's limits applied before the number of rows is (core.md 7)."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

READERS = "sentinel_web, sentinel_worker"

# The same rule as sentinel/cases/queries.py, may_see_headline; tests hold the two together. Run by the two functions below only.
VISIBLE = """
CREATE FUNCTION headline_visible(owner uuid, is_restricted boolean, of_case uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT (NOT is_restricted AND (
        (current_setting('sentinel.headline', true) = 'on'
         AND EXISTS (SELECT FROM partner p WHERE p.id = owner AND p.agreement_until >= (at AT TIME ZONE 'Europe/London')::date))
        OR (string_to_array(current_setting('sentinel.roles', true), ',') && ARRAY['practitioner', 'supervisor']
            AND owner = ANY (nullif(current_setting('sentinel.partners', true), '')::uuid[]))))
    OR EXISTS (SELECT FROM case_grant g
        WHERE g.case_id = of_case AND g.until > at AND g.grantee = ANY (nullif(current_setting('sentinel.grantees', true), '')::uuid[])
        AND (g.level = 'named' OR NOT is_restricted AND (g.level = 'headline'
             OR string_to_array(current_setting('sentinel.roles', true), ',') && ARRAY['practitioner', 'supervisor'])))
$$
"""

PEOPLE = """
CREATE FUNCTION match_people(want_name text, want_sound text, want_phone text, want_email text, want_building text,
                             at timestamptz, most int)
RETURNS TABLE (person_id uuid, likeness real, same_name boolean, sounds_alike boolean, same_phone boolean, same_email boolean,
               same_building boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET pg_trgm.similarity_threshold = 0.3 AS $$
WITH hit AS (
    SELECT p.canonical_id AS id, similarity(p.name_key, want_name) AS likeness, p.name_key = want_name AS named,
           false AS sounds, false AS phone, false AS email, false AS building
    FROM person p WHERE want_name <> '' AND p.name_key % want_name
    UNION ALL SELECT p.canonical_id, 0, p.name_key = want_name, true, false, false, false
    FROM person p WHERE want_sound <> '' AND p.sound_key = want_sound
    UNION ALL SELECT p.canonical_id, 0, false, false, true, false, false
    FROM person_contact c JOIN person p ON p.id = c.person_id WHERE want_phone <> '' AND c.kind = 'phone' AND c.value_key = want_phone
    UNION ALL SELECT p.canonical_id, 0, false, false, false, true, false
    FROM person_contact c JOIN person p ON p.id = c.person_id WHERE want_email <> '' AND c.kind = 'email' AND c.value_key = want_email
    UNION ALL SELECT p.canonical_id, 0, false, false, false, false, true
    FROM place l JOIN residence r ON r.place_id = l.id JOIN person p ON p.id = r.person_id
    WHERE want_building <> '' AND l.building_key = want_building
), found AS (
    SELECT id, max(hit.likeness)::real AS likeness, bool_or(named) AS named, bool_or(sounds) AS sounds, bool_or(phone) AS phone,
           bool_or(email) AS email, bool_or(building) AS building
    FROM hit GROUP BY id
)
SELECT id, likeness, named, sounds, phone, email, building FROM (
    SELECT *, 3 * phone::int + 3 * email::int + 2 * named::int + likeness + sounds::int / 2.0 + building::int / 2.0 AS weight
    FROM found ORDER BY weight DESC, id OFFSET 0  -- in this order, so that only as many are looked into as are shown
) AS likest
WHERE (
    SELECT true FROM person q JOIN party y ON y.person_id = q.id
    LEFT JOIN asb_case c ON c.id = y.case_id LEFT JOIN report r ON r.id = y.report_id
    WHERE q.canonical_id = likest.id
    AND CASE WHEN c.id IS NULL THEN headline_visible(r.owner_partner_id, r.restricted, NULL, at)
             ELSE headline_visible(c.owner_partner_id, c.restricted, c.id, at) END
    LIMIT 1)
LIMIT most
$$
"""

PLACES = """
CREATE FUNCTION match_places(want_words text, want_building text, want_postcode text, at timestamptz, most int)
RETURNS TABLE (place_id uuid, same_building boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET pg_trgm.word_similarity_threshold = 0.6 AS $$
SELECT id, in_building FROM (
    SELECT l.id, l.building_key = want_building AS in_building, word_similarity(want_words, l.address_key) AS likeness FROM place l
    WHERE l.building_key = want_building
       OR want_words <> '' AND want_words <% l.address_key
       OR want_postcode <> '' AND l.address_key LIKE '%' || want_postcode
    ORDER BY in_building DESC, likeness DESC, id OFFSET 0
) AS likest
WHERE (
    SELECT true FROM report r LEFT JOIN asb_case c ON c.id = r.case_id WHERE r.place_id = likest.id
    AND CASE WHEN c.id IS NULL THEN headline_visible(r.owner_partner_id, r.restricted, NULL, at)
             ELSE headline_visible(c.owner_partner_id, c.restricted, c.id, at) END LIMIT 1)
   OR (SELECT true FROM asb_case c WHERE c.place_id = likest.id
       AND headline_visible(c.owner_partner_id, c.restricted, c.id, at) LIMIT 1)
LIMIT most
$$
"""

SIGNATURES = (
    "match_people(text, text, text, text, text, timestamptz, int)",
    "match_places(text, text, text, timestamptz, int)",
)


def upgrade() -> None:
    # Loads pg_trgm into this session: until then its settings are unknown, and only a superuser may write unknown ones.
    op.execute("SELECT show_limit()")
    for function in (VISIBLE, PEOPLE, PLACES):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION headline_visible(uuid, boolean, uuid, timestamptz) FROM PUBLIC")
    for signature in SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {READERS}")


def downgrade() -> None:
    for signature in reversed(SIGNATURES):
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP FUNCTION headline_visible(uuid, boolean, uuid, timestamptz)")
