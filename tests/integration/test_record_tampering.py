"""What was done to the record is found: by the web role it is refused, by owner and superuser it shows in `audit verify`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from sentinel.audit import anchor, sealing, service, signing
from sentinel.core.db import db
from sentinel.core.errors import Refused
from tests import databases
from tests import factories as make
from tests.integration.sealed import KEY, OTHER_KEY, at_work, check, execute, happen, seal, value
from tests.waiting import eventually

pytestmark = pytest.mark.security

ONE = "(SELECT id FROM audit_entry WHERE table_name = 'party' AND op = 'insert' ORDER BY id DESC LIMIT 1)"
INSERT = """INSERT INTO audit_entry (epoch, xid, at_us, actor, kind, table_name, row_id, op)
    SELECT epoch, xid, at_us, 'system:nobody', kind, table_name, row_id, op FROM audit_entry WHERE id = {one}"""
CUT = """WITH last AS (SELECT * FROM audit_seal ORDER BY n DESC LIMIT 1)
    DELETE FROM audit_entry e USING last WHERE e.epoch = last.epoch AND e.xid >= last.xid_from"""
# what was done -> the statements that do it, and what `audit verify` says
DONE = {
    "an altered entry": (["UPDATE audit_entry SET actor = 'system:somebody' WHERE id = {one}"], "at least one of its"),
    "an entry dated otherwise": (["UPDATE audit_entry SET at_us = at_us + 1 WHERE table_name = 'party_detail'"], "was altered"),
    "a removed entry": (["DELETE FROM audit_entry WHERE id = {one}"], "is not there, and what it recorded is"),
    "a removed entry with all it recorded": (
        ["DELETE FROM audit_payload WHERE entry_id = {one}", "DELETE FROM audit_entry WHERE id = {one}"],
        "1 removed",
    ),
    "an inserted entry": ([INSERT], "1 inserted"),
    "an entry moved to a number not given out yet": (["UPDATE audit_entry SET xid = '9000000000' WHERE id = {one}"], "it was inserted"),
    "an altered payload": (["UPDATE audit_payload SET body = '[1]' WHERE entry_id = {one}"], "recorded was altered"),
    "a removed payload": (["DELETE FROM audit_payload WHERE entry_id = {one}"], "nobody recorded an erasure"),
    "a payload removed behind a forged erasure": (
        [
            "INSERT INTO disposal SELECT id, at_us, 'a forged decision', 'system:x', now(), 1 FROM audit_entry WHERE id = {one}",
            "DELETE FROM audit_payload WHERE entry_id = {one}",
        ],
        "nobody recorded an erasure",
    ),
    "an altered seal": (["UPDATE audit_seal SET entries = entries + 1 WHERE n = 2"], "Seal 2 was altered"),
    "a seal dated otherwise": (["UPDATE audit_seal SET sealed_us = sealed_us + 1 WHERE n = 2"], "Seal 2 was altered"),
    "a removed seal": (["DELETE FROM audit_seal WHERE n = 1"], "a seal was removed"),
    "two seals that changed places": (
        ["UPDATE audit_seal SET n = 99 WHERE n = 1", "UPDATE audit_seal SET n = 1 WHERE n = 2", "UPDATE audit_seal SET n = 2 WHERE n = 99"],
        "was altered",
    ),
    "the end cut off": ([CUT, "DELETE FROM audit_payload p WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.id = p.entry_id)",
                         "DELETE FROM audit_seal WHERE n = (SELECT max(n) FROM audit_seal)"], "the end of the record was cut off"),
    "everything cut off": ([f"DELETE FROM {table}" for table in ("audit_entry", "audit_payload", "audit_seal")], "was cut off"),
}  # fmt: skip
# The owner of a table can give itself back the rights it was denied; nobody else can.
REGAINED = "GRANT ALL ON audit_entry, audit_payload, audit_seal, disposal TO sentinel_owner"


@pytest.fixture(scope="module")
def three_seals(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A database with three seals, anchored, and nothing unsealed; and the folder of its anchor and key. To be copied."""
    name, folder = f"{database}_sealed", tmp_path_factory.mktemp("sealed")
    with databases.superuser() as connection:
        databases.create(connection, name, databases.template())
    for _ in range(3):
        happen(name, 1)
        seal(name, folder)
    yield name, folder
    with databases.superuser() as connection:
        databases.drop(connection, name)


@pytest.fixture
def sealed(three_seals: tuple[str, Path], tmp_path: Path) -> Iterator[str]:
    """A copy of it for this test alone."""
    kept, folder = three_seals
    name = f"{kept}_copy"
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with databases.superuser() as connection:
        databases.create(connection, name, kept)
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


def _statements(database: str, what: str) -> list[str]:
    one = value(database, f"SELECT {ONE}")
    return [statement.format(one=one) for statement in DONE[what][0]]


@pytest.mark.parametrize("role", ["sentinel_owner", None], ids=["as owner", "as superuser"])
@pytest.mark.parametrize("what", DONE)
def test_it_is_whole_before_and_not_after(what, role, sealed, tmp_path):
    before = check(sealed, tmp_path)
    assert (before.problems, before.unsealed, before.erased) == ([], 0, 0)
    assert before.entries == before.sealed > 10
    assert before.anchored_to == before.seals >= 3
    execute(sealed, role, *([REGAINED] if role else []), *_statements(sealed, what))
    after = check(sealed, tmp_path)
    assert not after.ok
    assert any(DONE[what][1] in problem for problem in after.problems), after.problems


def test_web_and_worker_are_refused_all_of_it_and_nothing_has_changed(sealed, tmp_path):
    for role in ("sentinel_web", "sentinel_worker"):
        for statement in [statement for what in DONE for statement in _statements(sealed, what)]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                execute(sealed, role, statement)
    assert check(sealed, tmp_path).ok


def test_the_owner_too_is_refused_until_it_gives_itself_the_right(sealed, tmp_path):
    for statement in ("UPDATE audit_entry SET op = ''", "DELETE FROM audit_entry", "TRUNCATE audit_seal", "TRUNCATE audit_payload"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(sealed, "sentinel_owner", statement)


def test_nobody_but_the_owner_may_write_the_record_or_any_part_of_it(own_database):
    """The parts of 2026 to 2030 and the rest are tables with rights of their own: 0002 gave them away with all tables."""
    tables = """SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'p')
        AND (c.relname ~ '^audit_(entry|payload|seal)' OR c.relname = 'disposal')"""
    found = f"SELECT count(*) FROM ({tables}) AS t (name), unnest(ARRAY['sentinel_web', 'sentinel_worker', 'sentinel_sealer']) AS r (role)"
    assert value(own_database, found) == 3 * 16
    for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        assert value(own_database, f"{found} WHERE has_table_privilege(r.role, t.name, '{right}')") == 0, right
    assert value(own_database, f"{found} WHERE has_any_column_privilege(r.role, t.name, 'INSERT, UPDATE')") == 0


def test_web_cannot_read_a_part_past_the_whole(own_database):
    happen(own_database, 1)
    for part in ("audit_entry_2026", "audit_payload_2026", "audit_payload"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(own_database, "sentinel_web", f"SELECT * FROM {part}")


def test_numbers_of_entries_cannot_be_used_up_by_the_web_role(own_database):
    for role in ("sentinel_web", "sentinel_worker"):
        for call in ("nextval('audit_entry_id_seq')", "setval('audit_entry_id_seq', 1)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                execute(own_database, role, f"SELECT {call}")


def test_a_record_written_again_and_sealed_with_another_key_is_found(sealed, tmp_path):
    execute(sealed, None, "UPDATE audit_entry SET actor = 'system:somebody' WHERE table_name = 'party'", "DELETE FROM audit_seal")
    seal(sealed, tmp_path / "elsewhere", OTHER_KEY)
    found = check(sealed, tmp_path)
    assert any("not signed with the key of this installation" in problem for problem in found.problems)
    assert any("the record was written again from there on" in problem for problem in found.problems)


def test_a_record_written_again_even_with_the_right_key_differs_from_an_anchor_kept_elsewhere(sealed, tmp_path):
    kept = tmp_path / "kept.log"
    kept.write_bytes((tmp_path / "audit" / "anchor.log").read_bytes())
    execute(sealed, None, "UPDATE audit_entry SET actor = 'system:somebody' WHERE table_name = 'party'", "DELETE FROM audit_seal")
    (tmp_path / "audit" / "anchor.log").unlink()
    seal(sealed, tmp_path)
    assert check(sealed, tmp_path).ok, "whoever holds database, key and every anchor can write all again"
    assert "the record was written again from there on" in check(sealed, tmp_path, kept).problems[0]


def test_an_anchor_with_a_line_gone_or_altered_is_found(sealed, tmp_path):
    file = tmp_path / "audit" / "anchor.log"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:1] + lines[2:]))
    assert "a line of it was removed" in check(sealed, tmp_path).problems[0]
    forged = lines[1].split(" ")
    file.write_text("".join([lines[0], " ".join([forged[0], forged[1], "00" * 32, forged[3]]), *lines[2:]]))
    assert "not signed with the key of this installation" in check(sealed, tmp_path).problems[0]


def test_a_shorter_copy_of_the_anchor_is_a_beginning_and_says_how_far_it_goes(sealed, tmp_path):
    copy = tmp_path / "copy.log"
    copy.write_text("".join((tmp_path / "audit" / "anchor.log").read_text().splitlines(keepends=True)[:2]))
    found = check(sealed, tmp_path, copy)
    assert (found.ok, found.anchored_to) == (True, 2)


def test_an_anchor_that_is_not_there_or_is_none_is_refused_and_so_is_checking_without_a_key(sealed, tmp_path):
    with pytest.raises(Refused, match="There is no anchor at"):
        check(sealed, tmp_path, tmp_path / "nowhere.log")
    (tmp_path / "shopping.txt").write_text("milk\n")
    with pytest.raises(Refused, match="is no line of an anchor"):
        check(sealed, tmp_path, tmp_path / "shopping.txt")
    (tmp_path / "audit" / "public.key").unlink()
    with pytest.raises(Refused, match="no key to check the signatures with"):
        check(sealed, tmp_path)
    assert check(sealed, tmp_path, key=KEY).ok


def test_what_commits_late_is_in_the_next_seal_and_not_skipped(own_database, tmp_path):
    with at_work(own_database, databases.TESTER):
        make.party(on=make.case())
        db.session.flush()
        late = value(own_database, "SELECT count(*) FROM audit_entry")
        with at_work(own_database, "sentinel_worker"):
            sealing.seal(KEY, tmp_path)
        db.session.commit()
    assert value(own_database, "SELECT count(*) FROM audit_entry") > late
    assert check(own_database, tmp_path).unsealed > 0
    seal(own_database, tmp_path)
    found = check(own_database, tmp_path)
    assert (found.ok, found.unsealed, found.sealed) == (True, 0, found.entries)


def test_what_the_anchor_missed_when_a_worker_died_is_written_by_the_next(sealed, tmp_path):
    file = tmp_path / "audit" / "anchor.log"
    whole = file.read_bytes()
    for kept in (b"", whole[: whole.index(b"\n") + 1], whole[:-1], whole[:-40]):
        file.write_bytes(kept)
        seal(sealed, tmp_path)
        assert file.read_bytes() == whole
    assert check(sealed, tmp_path).anchored_to == check(sealed, tmp_path).seals


def test_two_that_seal_at_once_make_one_chain(own_database, tmp_path):
    happen(own_database, 2)
    with at_work(own_database, "sentinel_worker"):
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": sealing.LOCK})
        with psycopg.connect(databases.url("sentinel_worker", own_database).replace("+psycopg", "")) as other:
            assert other.execute("SELECT pg_try_advisory_xact_lock(%s)", [sealing.LOCK]).fetchone() == (False,)
        db.session.rollback()
    seal(own_database, tmp_path)
    assert seal(own_database, tmp_path) == 0, "sealing again seals nothing again"
    assert check(own_database, tmp_path).ok


def test_the_worker_cannot_add_a_seal_that_does_not_follow(own_database, tmp_path):
    happen(own_database, 1)
    wrong = {"n": "2", "entries": "7", "epoch": "2", "xid_to": '"9000000000"', "prev": '"\\\\x00"', "chain": '"\\\\x00"'}
    for column, given in wrong.items():
        forged = f"""jsonb_populate_record(s, '{{"{column}": {given}}}')"""
        with pytest.raises(psycopg.errors.RaiseException, match="does not follow the last one"):
            execute(own_database, "sentinel_worker", f"SELECT audit_add_seal({forged}) FROM audit_next_seal() AS s")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(own_database, "sentinel_web", "SELECT audit_next_seal()")


def test_a_seal_that_somebody_else_signed_is_found_though_it_follows(own_database, tmp_path):
    happen(own_database, 1)
    seal(own_database, tmp_path)
    happen(own_database, 1)
    forged = signing.private_key(OTHER_KEY)
    with at_work(own_database, "sentinel_worker"):
        assert eventually(lambda: sealing._seal_one(forged) is not None)
    assert "is not signed with the key of this installation" in check(own_database, tmp_path).problems[0]


def test_lawful_erasure_leaves_the_record_whole_and_is_counted_and_recorded(sealed, tmp_path):
    with at_work(sealed, databases.TESTER):
        party = make.party(on=make.case(), who=make.person("Somebody Who Asked To Be Forgotten"))
        person_id = party.person_id
        db.session.commit()
    seal(sealed, tmp_path)
    with at_work(sealed, "sentinel_owner"):
        erased = service.erase(people=[person_id], authority="UK GDPR article 17, decision 12")
        db.session.commit()
    assert erased >= 3, "the person, the party and its detail"
    assert value(sealed, "SELECT count(*) FROM audit_payload WHERE body::text LIKE '%Forgotten%'") == 0
    found = check(sealed, tmp_path)
    assert (found.problems, found.erased) == ([], erased)
    assert value(sealed, "SELECT authority FROM audit_entry WHERE op = 'erase'") == "UK GDPR article 17, decision 12"
    seal(sealed, tmp_path)
    assert check(sealed, tmp_path).erased == erased
    with at_work(sealed, "sentinel_owner"), pytest.raises(Refused, match="on what authority"):
        service.erase(people=[person_id], authority="  ")
    for role in ("sentinel_web", "sentinel_worker"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(sealed, role, "SELECT audit_erase('{}', '{1}', 'because')")


def test_a_null_is_not_an_empty_word_and_words_do_not_run_into_each_other(own_database, tmp_path):
    happen(own_database, 1)
    seal(own_database, tmp_path)
    root = "SELECT encode(root, 'hex') FROM audit_root(1, '0', '9000000000')"
    was, seen = value(own_database, root), set()
    run_on = ("authority = NULL, request_id = 'ab', row_id = 'c'", "request_id = 'a', row_id = 'bc'")
    changes = ("authority = ''", *run_on, "person_ids = '{}'")
    for change in changes:
        execute(own_database, None, f"UPDATE audit_entry SET {change} WHERE id = {ONE}")
        seen.add(value(own_database, root))
    assert len(seen | {was}) == 5


def test_the_anchor_is_read_as_it_was_written(sealed, tmp_path):
    lines = list(anchor.read(tmp_path / "audit" / "anchor.log"))
    assert [line.n for line in lines] == list(range(1, len(lines) + 1))
    assert sum(line.entries for line in lines) == value(sealed, "SELECT count(*) FROM audit_entry")
