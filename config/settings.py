"""The only reader of the environment."""

from functools import cache
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting of an installation (names and meanings: README, "Settings").

    A default here is right for production and no secret. Addresses are URLs; files are paths.
    """

    model_config = SettingsConfigDict(env_prefix="SENTINEL_", extra="ignore", frozen=True)

    database_url: str = ""
    worker_database_url: str = ""
    owner_database_url: str = ""
    superuser_database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8000"
    smtp_url: str = ""
    notify_api_key: str = ""
    notify_text_template: str = ""
    notify_email_template: str = ""
    notify_url: str = ""
    clamd_url: str = ""
    victim_first_webhook_url: str = ""
    victim_first_webhook_secret: str = ""
    audit_key: str = ""
    demo_password: str = ""
    metrics_token: str = ""
    proxies: int = Field(default=0, ge=0, le=10)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = ""
    oidc_second_factor: bool = False
    data_dir: Path = Field(default=ROOT / "var", validation_alias=AliasChoices("SENTINEL_DATA_DIR", "data_dir"))
    assets_dir: Path = ROOT / ".assets"
    templates_dir: Path = ROOT / "templates"
    standards_dir: Path = ROOT / "config" / "standards"

    @property
    def sends_email(self) -> bool:
        """Is there anything that carries e-mail?"""
        return bool(self.smtp_url or (self.notify_api_key and self.notify_email_template))


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
