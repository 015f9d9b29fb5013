from __future__ import annotations

import asyncio
import logging
import os
import stat
from pathlib import Path

import pytest

from tabularium.mail.mailer import Mail, Mailer, Pace
from tabularium.mail.templates import Template
from tests.mail.post_office import QUICK, Lines, PostOffice, Stopwatch, content_of, mailer_to, read_mail, settings

ADDRESS = "ann@example.org"
SECRET = "https://x.example/verify?token=s3cr3t"
MAIL = Mail(ADDRESS, "verification", {"url": SECRET, "lifetime": "1 hour", "otp": "987654"})


def filing(folder: Path, log: Lines | None = None, templates: dict[str, Template] | None = None) -> Mailer:
    return Mailer(settings(folder), templates or {}, "Acme", Lines() if log is None else log, pace=QUICK)


def files(folder: Path) -> list[Path]:
    return sorted((folder / "mail").iterdir())


def keeps_secrets(log: Lines) -> bool:
    return not any(secret in line for line in log for secret in (ADDRESS, "example", "s3cr3t", "987654"))


def test_a_mail_is_sent_after_the_call_has_returned() -> None:
    async def work() -> None:
        async with PostOffice().opened() as office:
            mailer = mailer_to(office)
            mailer.send(MAIL)
            assert not office.mails
            await mailer.flush(5)
            (envelope,), (mail,) = office.envelopes, office.mails
            assert (envelope.mail_from, envelope.rcpt_tos) == ("desk@example.org", [ADDRESS])
            assert (mail["To"], mail["From"]) == (ADDRESS, "The Desk <desk@example.org>")
            text = content_of(mail.get_body(("plain",)))
            assert f"confirm that {ADDRESS} is your address at Acme" in text
            assert SECRET in text.split("\n")
            assert "1 hour" in text

    asyncio.run(work())


@pytest.mark.parametrize("refusals", [["451 Later"], ["554 No", "421 Busy"]])
def test_what_is_refused_is_tried_again_as_the_same_mail(refusals: list[str]) -> None:
    async def work() -> None:
        async with PostOffice([*refusals]).opened() as office:
            log = Lines()
            mailer = mailer_to(office, log)
            mailer.send(MAIL)
            await mailer.flush(5)
            assert (office.tries, len(office.mails), log) == (len(refusals) + 1, 1, [])

    asyncio.run(work())


def test_after_three_tries_a_mail_is_given_up() -> None:
    async def work() -> None:
        async with PostOffice([f"550 {ADDRESS} {SECRET} is not wanted"] * 4).opened() as office:
            log = Lines()
            mailer = mailer_to(office, log)
            mailer.send(MAIL)
            await mailer.flush(5)
            assert (office.tries, office.mails) == (3, [])
            assert log == ["warning: the mail verification was not sent: the mail server answered 550 (SMTPDataError)"]

    asyncio.run(work())


class ClosedToStrangers(PostOffice):
    async def handle_RCPT(self, *arguments: object) -> str:
        self.tries += 1
        return f"550 {ADDRESS} does not live here"


def test_a_refused_recipient_is_logged_without_address() -> None:
    async def work() -> None:
        async with ClosedToStrangers().opened() as office:
            log = Lines()
            assert not await mailer_to(office, log).deliver(MAIL)
            assert office.tries == 3
            assert log == ["warning: the mail verification was not sent: the mail server answered 550 to the recipient"]

    asyncio.run(work())


def test_a_server_that_is_away_is_logged_and_gets_mail_when_it_is_back() -> None:
    office = PostOffice()

    async def work() -> None:
        async with office.opened():
            pass  # to have a port on which nobody listens
        log = Lines()
        mailer = mailer_to(office, log)
        assert not await mailer.deliver(MAIL)
        assert log == ["warning: the mail verification was not sent: the mail server cannot be reached"]
        async with office.opened():
            assert await mailer.deliver(MAIL)

    asyncio.run(work())
    assert len(office.mails) == 1


class Silent(asyncio.Protocol):
    greeting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self.greeting)  # type: ignore[attr-defined]


class OfAnotherTrade(Silent):
    greeting = b"SSH-2.0-Server\r\n"


@pytest.mark.parametrize(
    ("server", "seconds", "reason"),
    [(Silent, 0.02, "did not answer in time"), (OfAnotherTrade, 5.0, "was not understood")],
)
def test_a_server_that_is_no_mail_server_is_given_up(server: type[Silent], seconds: float, reason: str) -> None:
    async def work() -> None:
        office, log = PostOffice(), Lines()
        async with await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0) as listening:
            office.port = listening.sockets[0].getsockname()[1]
            assert not await mailer_to(office, log, pace=Pace((0.0,), a_try=seconds)).deliver(MAIL)
            assert log == [f"warning: the mail verification was not sent: the mail server {reason}"]

    asyncio.run(work())


def test_a_request_does_not_wait_for_every_try() -> None:
    async def work() -> None:
        async with PostOffice(["451 Later"]).opened() as office:
            log = Lines()
            assert not await mailer_to(office, log, pace=Pace((60.0,), delivery=0.1)).deliver(MAIL)
            assert log == ["warning: the mail verification was not sent: it took too long"]

    asyncio.run(work())


class Abrupt(PostOffice):
    async def handle_QUIT(self, server: object, *arguments: object) -> str:
        server.transport.abort()  # type: ignore[attr-defined]
        return "500 Gone"


def test_a_server_that_leaves_badly_has_the_mail_all_the_same() -> None:
    async def work() -> None:
        async with Abrupt().opened() as office:
            assert await mailer_to(office).deliver(MAIL)
            assert office.tries == 1

    asyncio.run(work())


def test_flush_gives_up_when_its_time_is_over() -> None:
    async def work() -> None:
        async with PostOffice(["451 Later"] * 3).opened() as office:
            log = Lines()
            mailer = mailer_to(office, log, pace=Pace((60.0,), head_start=0.0))
            mailer.send(MAIL)
            mailer.send(MAIL)
            await mailer.flush(0.05)
            assert log == ["error: 2 mails were not sent: the server stopped before they could be"]

    asyncio.run(work())


def test_one_mailer_serves_one_event_loop_after_another(tmp_path: Path) -> None:
    mailer = filing(tmp_path)

    async def work() -> None:
        for _ in range(10):
            mailer.send(MAIL)
        assert await mailer.deliver(MAIL)
        await mailer.flush(5)

    asyncio.run(work())
    asyncio.run(work())
    assert len(files(tmp_path)) == 22


def test_without_a_server_each_mail_becomes_a_file_of_the_owner(tmp_path: Path) -> None:
    log = Lines()
    mailer = filing(tmp_path, log)

    async def work() -> None:
        for name in ("verification", "emailOtp", "resetPassword"):
            assert await mailer.deliver(Mail(ADDRESS, name, MAIL.values))

    former = os.umask(0)
    try:
        asyncio.run(work())
    finally:
        os.umask(former)
    found = files(tmp_path)
    assert [each.name[37:] for each in found] == ["verification.eml", "emailOtp.eml", "resetPassword.eml"]
    assert log == [f"info: the mail {each.name[37:-4]} is in the file {each.name}" for each in found]
    assert stat.S_IMODE(found[0].parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in found} == {0o600}
    mail = read_mail(found[0].read_bytes())
    assert (mail["To"], mail["From"].addresses[0].addr_spec) == (ADDRESS, "no-reply@localhost")
    assert f"\r\n{SECRET}\r\n".encode() in found[0].read_bytes()


def test_a_folder_that_cannot_be_made_is_logged(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    log = Lines()
    assert not asyncio.run(filing(tmp_path, log).deliver(MAIL))
    assert log == ["warning: the mail verification was not sent: the file could not be written (FileExistsError)"]


def test_a_template_of_the_file_replaces_the_built_in_one(tmp_path: Path) -> None:
    templates = {"verification": Template("Welcome to $organizationName", "Go to $url for $email")}
    mailer = filing(tmp_path, templates=templates)
    assert mailer.is_configured("verification")
    assert not mailer.is_configured("resetPassword")
    assert asyncio.run(mailer.deliver(MAIL))
    mail = read_mail(files(tmp_path)[0].read_bytes())
    assert (mail["Subject"], content_of(mail)) == ("Welcome to Acme", f"Go to {SECRET} for {ADDRESS}\n")


def test_a_note_that_a_file_words_with_another_mail_uses_its_template(tmp_path: Path) -> None:
    note = Mail(ADDRESS, "erasureScheduled", {"url": "https://x.example/api/account/delete", "lifetime": "7 days"})
    mailer = filing(tmp_path)
    assert asyncio.run(mailer.deliver(note))
    configured = filing(tmp_path, templates={"accountDeletion": Template("Account", "Deletion: $url")})
    assert asyncio.run(configured.deliver(note))
    subjects = [read_mail(each.read_bytes())["Subject"] for each in files(tmp_path)]
    assert subjects == ["Your account will be deleted", "Account"]


def test_an_optional_mail_is_sent_only_if_it_is_configured(tmp_path: Path) -> None:
    async def work(mailer: Mailer) -> bool:
        mailer.send(Mail(ADDRESS, "welcome", {"name": "Ann"}))
        await mailer.flush(5)
        return await mailer.deliver(Mail(ADDRESS, "welcome", {"name": "Ann"}))

    assert not asyncio.run(work(filing(tmp_path)))
    assert not (tmp_path / "mail").exists()
    assert asyncio.run(work(filing(tmp_path, templates={"welcome": Template("Hi $name", "Hi")})))
    assert len(files(tmp_path)) == 2


def test_a_mail_of_an_unknown_name_is_a_defect_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        filing(tmp_path).send(Mail(ADDRESS, "greeting", {}))


def test_an_address_that_cannot_be_mailed_is_logged_without_it(tmp_path: Path) -> None:
    log = Lines()
    mailer = filing(tmp_path, log)

    async def work() -> None:
        mailer.send(Mail(f"{ADDRESS}\r\nBcc: x@example.org", "verification", MAIL.values))
        await mailer.flush(5)

    asyncio.run(work())
    assert len(log) == 1
    assert keeps_secrets(log)
    assert not (tmp_path / "mail").exists()


def test_a_defect_is_logged_by_its_name(tmp_path: Path) -> None:
    log = Lines()
    mail = Mail(ADDRESS, "verification", {"url": None})  # type: ignore[dict-item]
    assert not asyncio.run(filing(tmp_path, log).deliver(mail))
    assert log == ["error: the mail verification was not sent because of a defect: AttributeError"]


def test_an_address_gets_thirty_mails_an_hour(tmp_path: Path) -> None:
    log, watch = Lines(), Stopwatch()
    mailer = Mailer(settings(tmp_path, 2525), {}, "Acme", log, monotonic=watch)
    assert all(mailer.may_send(ADDRESS) for _ in range(30))
    assert not mailer.may_send(ADDRESS.upper())
    assert mailer.may_send("bob@example.org")
    assert len(log) == 1
    assert keeps_secrets(log)
    watch.seconds += 3600
    assert mailer.may_send(ADDRESS)


def test_files_have_no_limit(tmp_path: Path) -> None:
    mailer = filing(tmp_path)
    assert all(mailer.may_send(ADDRESS) for _ in range(100))


def test_too_many_waiting_mails_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabularium.mail.mailer._MOST_WAITING", 2)
    log = Lines()
    mailer = filing(tmp_path, log)

    async def work() -> None:
        for _ in range(3):
            mailer.send(MAIL)
        assert log == ["error: the mail verification was not sent: too many mails are waiting"]
        await mailer.flush(5)

    asyncio.run(work())
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("sender", [None, "", "desk", "Desk <desk@example.org>", "a@example.org\r\nBcc: b@example.org"])
def test_a_server_needs_a_sender_that_is_an_address(tmp_path: Path, sender: str | None) -> None:
    with pytest.raises(ValueError, match="address"):
        Mailer(settings(tmp_path, 2525, sender=sender), {}, "Acme")


def test_without_a_log_of_its_own_a_mailer_logs_as_a_library(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert asyncio.run(Mailer(settings(tmp_path), {}, "Acme", pace=QUICK).deliver(MAIL))
    (record,) = [each for each in caplog.records if each.name == "tabularium.mail"]
    assert (record.levelname, "is in the file" in record.getMessage()) == ("INFO", True)


def test_what_is_printed_of_mails_and_settings_tells_nothing(tmp_path: Path) -> None:
    printed = repr(MAIL) + repr(settings(tmp_path, 25, user="postman", password="sesame"))
    assert not any(secret in printed for secret in (ADDRESS, "s3cr3t", "postman", "sesame"))
