"""Partners, teams, users, what they hold, when they are on duty or away, and their sessions."""

from datetime import date, datetime
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.agreed.names import PARTNER_KINDS, ROLES
from sentinel.core.db import Key, Line, Model, Short, Word, one_of, ref

REGIMES = {
    "part3": "Law enforcement: part 3 of the Data Protection Act 2018",
    "uk_gdpr": "General: UK GDPR and part 2 of the Data Protection Act 2018",
}
VETTING_LEVELS = {"NPPV1": "NPPV 1", "NPPV2": "NPPV 2", "NPPV3": "NPPV 3", "enhanced_dbs": "Enhanced DBS"}


def regime_of(kind: str) -> str:
    """The regime a kind of partner is under until governance records another."""
    return "uk_gdpr" if kind in ("landlord", "support") else "part3"


class Partner(Model):
    """An organisation of the partnership. One that is abolished points at its successor and keeps its history.

    `regime`: the data-protection law it works under. `agreement_until` is the review date of the agreement recorded last.
    """

    __tablename__ = "partner"
    __table_args__ = (one_of("kind", PARTNER_KINDS), one_of("regime", tuple(REGIMES)))

    id: Mapped[Key]
    slug: Mapped[Word] = mapped_column(unique=True)
    name: Mapped[Short]
    kind: Mapped[Word]
    district_code: Mapped[Word | None]
    agreement_until: Mapped[date | None]
    successor_id: Mapped[UUID | None] = mapped_column(ref("partner.id"), index=True)
    succeeded_on: Mapped[date | None]
    regime: Mapped[Word] = mapped_column(default=lambda context: regime_of(context.get_current_parameters()["kind"]))

    successor: Mapped["Partner | None"] = relationship(remote_side="Partner.id")
    powers: Mapped[list["PartnerPower"]] = relationship(order_by="PartnerPower.since")


class Agreement(Model):
    """An information sharing agreement as it was signed. The one recorded last counts; nobody recorded those of partners.toml."""

    __tablename__ = "agreement"
    __table_args__ = (CheckConstraint("review_on > signed_on", name="reviewed_after_signed"),)

    id: Mapped[Key]
    partner_id: Mapped[UUID] = mapped_column(ref("partner.id"), index=True)
    version: Mapped[Word]
    signed_by: Mapped[Short]
    signed_on: Mapped[date]
    review_on: Mapped[date]
    recorded_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    recorded_at: Mapped[datetime]

    recorder: Mapped["User | None"] = relationship()


class PartnerPower(Model):
    """A power (powers.toml) that a partner holds since one day, until another (the first on which it does not)."""

    __tablename__ = "partner_power"
    __table_args__ = (CheckConstraint("until >= since", name="ends_after_start"),)

    id: Mapped[Key]
    partner_id: Mapped[UUID] = mapped_column(ref("partner.id"), index=True)
    power_key: Mapped[Word]
    since: Mapped[date]
    until: Mapped[date | None]

    def held_on(self, day: date) -> bool:
        """Does the partner hold it on this day?"""
        return self.since <= day and (self.until is None or self.until > day)


class Team(Model):
    """A team of a partner: the unit that owns reports and cases."""

    __tablename__ = "team"

    id: Mapped[Key]
    partner_id: Mapped[UUID] = mapped_column(ref("partner.id"), index=True)
    slug: Mapped[Word] = mapped_column(unique=True)
    name: Mapped[Short]
    phone: Mapped[Word | None]

    partner: Mapped[Partner] = relationship()


class User(UserMixin, Model):
    """A person who signs in. Disabled or unvetted people cannot (review of 2019: NPPV1 for every user).

    `label` is what the role switch of a demonstration calls an account of its own; nobody else has one.
    """

    __tablename__ = "app_user"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"), one_of("vetting_level", tuple(VETTING_LEVELS)))

    id: Mapped[Key]
    email: Mapped[Short] = mapped_column(unique=True)
    name: Mapped[Short]
    phone: Mapped[Word | None]
    label: Mapped[Word | None]
    partner_id: Mapped[UUID] = mapped_column(ref("partner.id"), index=True)
    vetting_level: Mapped[Word | None]
    vetted_until: Mapped[date | None]
    disabled_at: Mapped[datetime | None]
    closed_reason: Mapped[Line | None]
    last_seen_at: Mapped[datetime | None]

    partner: Mapped[Partner] = relationship()
    holdings: Mapped[list["RoleHeld"]] = relationship(back_populates="user", order_by="RoleHeld.role")


class RoleHeld(Model):
    """A role in a team."""

    __tablename__ = "role_held"
    __table_args__ = (one_of("role", ROLES), Index("ix_role_held_team_role", "team_id", "role"))

    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ref("team.id"), primary_key=True)
    role: Mapped[Word] = mapped_column(primary_key=True)

    user: Mapped[User] = relationship(back_populates="holdings")
    team: Mapped[Team] = relationship()


class Duty(Model):
    """Who is duty supervisor of a team, from when to when."""

    __tablename__ = "duty"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"), Index("ix_duty_team_ends", "team_id", "ends_at"))

    id: Mapped[Key]
    team_id: Mapped[UUID] = mapped_column(ref("team.id"))
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    user: Mapped[User] = relationship()
    team: Mapped[Team] = relationship()


class Absence(Model):
    """Somebody is away, and who stands in. Dates are London dates, both included."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("cover_user_id <> user_id", name="cover_is_another"),
        Index("ix_absence_user_ends", "user_id", "ends_on"),
    )

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"))
    cover_user_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[Line | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    cover: Mapped[User | None] = relationship(foreign_keys=[cover_user_id])


class UserSession(Model):
    """A signed-in browser: active, locked when idle, then over. Only a digest of its token is kept."""

    __tablename__ = "user_session"
    __table_args__ = (UniqueConstraint("token_digest"), Index("ix_user_session_user", "user_id"))

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    browser: Mapped[Word | None]


class Credential(Model):
    """What somebody signs in with. Apart from the person, so that no secret is met where people are read or their changes recorded.

    No password: an invitation that was not followed yet. No `totp_confirmed_at`: no second factor, though it may be half set up.
    """

    __tablename__ = "credential"

    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), primary_key=True)
    password_hash: Mapped[Short | None]
    password_set_at: Mapped[datetime | None]
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)


class AccessLink(Model):
    """A link by which somebody sets a password. It works from when it is sent until `expires_at`, unless it was used or ended before."""

    __tablename__ = "access_link"
    __table_args__ = (one_of("kind", ("invitation", "reset")),)

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    kind: Mapped[Word]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RecoveryCode(Model):
    """A code that stands in once for a lost telephone. Only a keyed digest is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]


class SignInTry(Model):
    """Wrong tries at one account from one address, at one account, or from one address: a keyed digest says which."""

    __tablename__ = "sign_in_try"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    wrong: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]
