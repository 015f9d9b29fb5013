"""The environment: every variable, every bad value at once, and no value in a message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.settings import LATER, SettingsError, new_secret, read_settings

FILE = Path("/srv/crm/app.yaml")


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as failure:
        read_settings(environ, FILE)
    return list(failure.value.problems)


def test_without_variables_every_setting_has_its_default() -> None:
    settings = read_settings({}, FILE)
    assert (settings.port, settings.host, settings.base_url) == (3000, "127.0.0.1", "http://localhost:3000")
    assert settings.data_dir == Path("/srv/crm/data")
    assert settings.database_url == "sqlite:/srv/crm/data/tabularium.db"
    assert (settings.database_pool_size, settings.workers, settings.sqlite_synchronous) == (10, 1, "full")
    assert (settings.log_level, settings.log_format) == ("info", "text")
    assert (settings.request_timeout_ms, settings.shutdown_timeout_ms) == (30_000, 20_000)
    assert settings.warnings == ()


def test_every_variable_is_read() -> None:
    settings = read_settings(
        {
            "PORT": "8080",
            "HOST": "::1",
            "BASE_URL": "HTTPS://Records.Example.org:8443/",
            "DATA_DIR": "/var/lib/crm",
            "DATABASE_URL": "postgresql://crm:hush@db/crm",
            "DATABASE_POOL_SIZE": "25",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "json",
            "REQUEST_TIMEOUT_MS": "1500",
            "SHUTDOWN_TIMEOUT_MS": "0",
            "SQLITE_SYNCHRONOUS": "normal",
            "WORKERS": "4",
        },
        FILE,
    )
    assert (settings.port, settings.host, settings.base_url) == (8080, "::1", "https://records.example.org:8443")
    assert (settings.data_dir, settings.database_pool_size) == (Path("/var/lib/crm"), 25)
    assert settings.database_url == "postgresql://crm:hush@db/crm"
    assert (settings.log_level, settings.log_format, settings.sqlite_synchronous) == ("debug", "json", "normal")
    assert (settings.request_timeout_ms, settings.shutdown_timeout_ms, settings.workers) == (1500, 0, 4)


@pytest.mark.parametrize("path", ["x" * 300, "/dev/null", "a\0b"])
def test_a_folder_that_cannot_be_one_is_refused(path: str) -> None:
    assert problems_of({"DATA_DIR": path}) == ["DATA_DIR must be the path of a folder"]


def test_the_default_origin_names_the_port() -> None:
    assert read_settings({"PORT": "8080"}, FILE).base_url == "http://localhost:8080"


def test_the_default_database_lies_in_the_data_folder() -> None:
    assert read_settings({"DATA_DIR": "/d"}, FILE).database_url == "sqlite:/d/tabularium.db"


def test_an_empty_variable_counts_as_unset() -> None:
    assert read_settings({"PORT": "", "DATABASE_URL": ""}, FILE).port == 3000


def test_all_bad_values_are_reported_together_and_none_is_repeated() -> None:
    environ = {
        "PORT": "70001",
        "HOST": "host:secret1",
        "BASE_URL": "https://a.b/secret2",
        "DATABASE_URL": "mysql://secret3",
        "DATABASE_POOL_SIZE": "0",
        "LOG_LEVEL": "secret4",
        "LOG_FORMAT": "JSON",
        "REQUEST_TIMEOUT_MS": "-5",
        "SHUTDOWN_TIMEOUT_MS": "1.5",
        "SQLITE_SYNCHRONOUS": "off",
        "WORKERS": "many",
    }
    problems = problems_of(environ)
    assert sorted(problem.split()[0] for problem in problems) == sorted(environ)
    assert not re.search("secret|70001|many", "\n".join(problems))
    assert "PORT must be a whole number from 0 to 65535" in problems
    assert "LOG_LEVEL must be one of: debug, info, warning, error" in problems


@pytest.mark.parametrize(
    "url",
    [
        *("a.b", "ftp://a.b", "https://", "https://a.b/path", "https://a.b?x", "https://a.b#", "https://u:p@a.b"),
        *("https://a b", "https://a.b:99999", "https://[::1", "http://:80", "https://a.b\n"),
    ],
)
def test_a_base_url_that_is_no_origin_is_refused(url: str) -> None:
    (problem,) = problems_of({"BASE_URL": url})
    assert problem.startswith("BASE_URL must be an origin")


@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite://", "file:", "postgres:crm", "postgresql://h:port/crm", "mysql://h/crm", "crm.db"]
)
def test_a_database_url_of_another_form_is_refused(url: str) -> None:
    (problem,) = problems_of({"DATABASE_URL": url})
    assert problem.startswith("DATABASE_URL must be sqlite:PATH")


@pytest.mark.parametrize("url", ["sqlite:crm.db", "sqlite:///var/crm.db", "file:crm.db", "postgres://u@h:5432/d"])
def test_the_forms_of_a_database_url_pass_unchanged(url: str) -> None:
    assert read_settings({"DATABASE_URL": url}, FILE).database_url == url


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgres://u:p@h/d\n", "utf-8")
    assert read_settings({"DATABASE_URL_FILE": str(tmp_path / "url")}, FILE).database_url == "postgres://u:p@h/d"


def test_a_secret_in_a_file_is_refused_as_one_in_a_variable_would_be(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n", "utf-8")
    (tmp_path / "wrong").write_text("mysql://hush", "utf-8")
    assert problems_of({"DATABASE_URL_FILE": str(tmp_path / "empty")}) == ["DATABASE_URL_FILE names an empty file"]
    assert "hush" not in problems_of({"DATABASE_URL_FILE": str(tmp_path / "wrong")})[0]
    (problem,) = problems_of({"DATABASE_URL_FILE": str(tmp_path / "hush")})
    assert problem == "DATABASE_URL_FILE must name a file that can be read, in UTF-8"
    both = {"DATABASE_URL": "sqlite:a", "DATABASE_URL_FILE": str(tmp_path / "wrong")}
    assert problems_of(both) == ["DATABASE_URL and DATABASE_URL_FILE must not both be set"]


def test_the_password_is_not_shown_with_the_settings() -> None:
    assert "hush" not in repr(read_settings({"DATABASE_URL": "postgres://u:hush@h/d"}, FILE))


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert problems_of({"DATA_DIR": str(tmp_path / "file")}) == ["DATA_DIR must be the path of a folder"]


def test_a_public_host_without_an_origin_gives_a_warning() -> None:
    (warning,) = read_settings({"HOST": "0.0.0.0"}, FILE).warnings
    assert warning.startswith("BASE_URL is not set")
    assert read_settings({"HOST": "0.0.0.0", "BASE_URL": "https://a.b"}, FILE).warnings == ()
    assert read_settings({"HOST": "localhost"}, FILE).warnings == ()


def test_a_variable_of_a_later_version_gives_a_warning_without_its_value() -> None:
    warnings = read_settings(dict.fromkeys(LATER, "hush"), FILE).warnings
    assert [warning.split()[0] for warning in warnings] == list(LATER)
    assert "hush" not in "".join(warnings)


def test_a_secret_is_long_url_safe_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", secret) for secret in made)


@given(st.dictionaries(st.sampled_from(["PORT", "HOST", "BASE_URL", "DATABASE_URL", "WORKERS"]), st.text(max_size=20)))
def test_no_value_does_anything_but_be_read_or_refused(environ: dict[str, str]) -> None:
    try:
        settings = read_settings(environ, FILE)
    except SettingsError as failure:
        assert failure.problems  # noqa: PT017  # either end is right
    else:
        assert 0 <= settings.port <= 65535


# Authentication -------------------------------------------------------------------------------------------------------


def test_secrets_are_a_list_whose_entries_are_long_enough() -> None:
    first, second = "a" * 32, "b" * 40
    assert read_settings({"AUTH_SECRET": f"{first}, {second}"}, FILE).auth_secrets == (first, second)
    assert read_settings({}, FILE).auth_secrets == ()
    for value in ("short", f"{first},short", f"{first},"):
        (problem,) = problems_of({"AUTH_SECRET": value})
        assert problem == "AUTH_SECRET must have at least 32 characters, in each of several that commas part"
    assert first not in repr(read_settings({"AUTH_SECRET": first}, FILE))


def test_the_first_administrator_has_an_address_and_a_password(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct-horse-1\n")
    environ = {"AUTH_ADMIN_EMAIL": "a@b.example", "AUTH_ADMIN_PASSWORD_FILE": str(tmp_path / "password")}
    admin = read_settings(environ, FILE).admin
    assert admin is not None
    assert (admin.email, admin.password, admin.name) == ("a@b.example", "correct-horse-1", "Administrator")
    assert "horse" not in repr(admin)
    for name in ("AUTH_ADMIN_EMAIL", "AUTH_ADMIN_PASSWORD"):
        assert problems_of({name: "x"}) == ["AUTH_ADMIN_EMAIL and AUTH_ADMIN_PASSWORD must be set together"]


def test_a_mail_server_needs_a_sender() -> None:
    assert read_settings({"SMTP_PORT": "25"}, FILE).smtp is None
    assert problems_of({"SMTP_HOST": "mail.example"}) == [
        "SMTP_FROM is required with SMTP_HOST: the address that mails come from"
    ]
    environ = {"SMTP_HOST": "mail.example", "SMTP_FROM": "crm@b.example", "SMTP_PASS": "hush", "SMTP_USER": "crm"}
    smtp = read_settings(environ, FILE).smtp
    assert smtp is not None
    assert (smtp.port, smtp.secure, smtp.user, smtp.sender_name) == (587, False, "crm", None)
    assert "hush" not in repr(smtp)
    secure = read_settings({**environ, "SMTP_PORT": "465"}, FILE).smtp
    assert secure is not None
    assert secure.secure
    assert problems_of({"SMTP_SECURE": "yes"}) == ["SMTP_SECURE must be one of: true, false"]
    assert problems_of({"SMTP_FROM": "crm"}) == ["SMTP_FROM must be an e-mail address"]


def test_credentials_of_providers_are_kept_by_variable(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    environ = {"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET_FILE": str(tmp_path / "secret"), "GOOGLE_X": "y"}
    settings = read_settings(environ, FILE)
    assert settings.credentials == {"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "hush"}
    assert "hush" not in repr(settings)


def test_the_name_of_the_first_administrator_is_bounded() -> None:
    environ = {"AUTH_ADMIN_EMAIL": "a@b.example", "AUTH_ADMIN_PASSWORD": "x", "AUTH_ADMIN_NAME": "x" * 256}
    assert problems_of(environ) == ["AUTH_ADMIN_NAME must have at most 255 characters"]


@pytest.mark.parametrize("name", ["AUTH_SECRET", "AUTH_ADMIN_EMAIL", "BASE_URL"])
def test_a_variable_that_is_not_utf_8_is_named_and_not_shown(name: str) -> None:
    problems = problems_of({name: "\udcff" + "x" * 32, "AUTH_ADMIN_PASSWORD": "y"})
    assert f"{name} must be UTF-8" in problems


def test_origins_proxies_and_redis() -> None:
    environ = {"AUTH_TRUSTED_ORIGINS": "https://a.b, *.c.d,", "TRUSTED_PROXY_HOPS": "2", "REDIS_URL": "redis://h/1"}
    settings = read_settings(environ, FILE)
    assert (settings.trusted_origins, settings.trusted_proxy_hops) == (("https://a.b", "*.c.d"), 2)
    assert settings.redis_url == "redis://h/1"
    assert problems_of({"TRUSTED_PROXY_HOPS": "-1"}) == ["TRUSTED_PROXY_HOPS must be a whole number from 0 to 20"]
    for entry in ("app.example.org", "https://app.example.org/path", "https://me@app.example.org", "https:app.example"):
        assert problems_of({"AUTH_TRUSTED_ORIGINS": f"https://a.b,{entry}"}) == [
            "AUTH_TRUSTED_ORIGINS must be origins such as https://app.example.org, parted by commas"
        ]
    assert read_settings({"AUTH_TRUSTED_ORIGINS": "myapp://, https://A.b:8443/"}, FILE).trusted_origins
    assert problems_of({"REDIS_URL": "http://h"}) == [
        "REDIS_URL must be redis://HOST:PORT/NUMBER, rediss://… or unix://…"
    ]
