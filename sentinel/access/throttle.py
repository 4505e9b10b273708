"""Slowing wrong tries at the door, so that nobody guesses a password and nobody locks a colleague out.

By account and address together: a few free tries, then waits that double. Across addresses an attacked account only grows slower: each
address has one try before it waits, so the right password from an address that has not erred comes in at once. An address that tries
many accounts waits as a whole. What is kept are keyed digests: no address, no account. Nothing sleeps: whoever waits is told until when.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from flask import current_app, request
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from config import agreed
from sentinel.access.models import SignInTry
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.pages import time_of

FORGOTTEN = timedelta(days=1)
STEP_OF_ACCOUNT = 10


def hold(account: str) -> None:
    """Let no second try by this address at this account run beside this one."""
    number = int.from_bytes(_pair(account)[:8], signed=True)
    db.session.execute(select(func.pg_advisory_xact_lock(number)))


def waits_until(account: str) -> datetime | None:
    """Until when this address has to wait before it may try this account (as it was typed); None when it may try now."""
    wanted = [_pair(account), _address()]
    found = db.session.scalars(select(SignInTry.blocked_until).where(SignInTry.digest.in_(wanted), SignInTry.blocked_until.is_not(None)))
    moment = clock.machine_now()
    return max((until for until in found if until and until > moment), default=None)


def sentence(until: datetime) -> str:
    """What somebody who has to wait is told."""
    return f"Too many tries. Wait until {time_of(until + timedelta(seconds=59))}, then try again."


def wrong(account: str) -> bool:
    """Count a wrong try. Returns whether this address has to wait now."""
    rules, moment = agreed.current().access.throttle, clock.machine_now()
    db.session.execute(delete(SignInTry).where(SignInTry.last_at < moment - FORGOTTEN))
    at_pair, at_account = _count(_pair(account), moment), _count(_digest("account", account), moment)
    free = rules.free_tries if at_account < rules.tries_at_one_account else 1
    further = max(at_pair - free, (at_account - rules.tries_at_one_account) // STEP_OF_ACCOUNT if free == 1 else 0)
    waits = at_pair >= free
    if waits:
        _block(_pair(account), moment, further)
    if at_pair == 1:
        tried = _count(_address(), moment)
        if tried >= rules.accounts_from_one_address:
            _block(_address(), moment, tried - rules.accounts_from_one_address)
            waits = True
    return waits


def right(account: str) -> None:
    """This address has proved itself at this account: its wrong tries there are forgotten."""
    db.session.execute(delete(SignInTry).where(SignInTry.digest == _pair(account)))


def _count(digest: bytes, moment: datetime) -> int:
    row = insert(SignInTry).values(digest=digest, wrong=1, last_at=moment)
    db.session.execute(row.on_conflict_do_update(index_elements=[SignInTry.digest], set_={"wrong": SignInTry.wrong + 1, "last_at": moment}))
    return db.session.scalars(select(SignInTry.wrong).where(SignInTry.digest == digest)).one()


def _block(digest: bytes, moment: datetime, further: int) -> None:
    rules = agreed.current().access.throttle
    minutes = min(rules.first_wait_minutes * 2 ** min(max(further, 0), 10), rules.longest_wait_minutes)
    row = db.session.scalars(select(SignInTry).where(SignInTry.digest == digest).execution_options(populate_existing=True)).one()
    row.blocked_until = moment + timedelta(minutes=minutes)
    db.session.flush()


def _pair(account: str) -> bytes:
    return _digest("pair", account, _from())


def _address() -> bytes:
    return _digest("address", _from())


def _from() -> str:
    """Where the request comes from: `remote_addr` alone, which believes as many proxies as SENTINEL_PROXIES says. IPv6 by its network."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return address.exploded[:19] if isinstance(address, IPv6Address) else str(address)


def _digest(*words: str) -> bytes:
    said = "\x00".join(("sign-in try", *(word.strip().lower() for word in words)))
    return hmac.new(current_app.config["SECRET_KEY"].encode(), said.encode("utf-8", "surrogatepass"), sha256).digest()
