from __future__ import annotations

import gzip

from server.tracking import compact, load_tracking_script


def test_the_script_is_about_a_kilobyte() -> None:
    script = load_tracking_script(respect_do_not_track=True)
    assert len(script.gzip) < 1400
    assert gzip.decompress(script.gzip) == script.body


def test_the_wish_not_to_be_tracked_is_written_into_it() -> None:
    obeying, deaf = load_tracking_script(respect_do_not_track=True), load_tracking_script(respect_do_not_track=False)
    assert obeying.etag != deaf.etag
    assert obeying.body.replace(b"isRefused = true &&", b"") == deaf.body.replace(b"isRefused = false &&", b"")
    assert b"RESPECT_DO_NOT_TRACK" not in obeying.body + deaf.body


def test_comments_and_indentation_stay_behind() -> None:
    assert compact("// About\n(() => {\n\n  // Why\n  go();\n})();\n") == "(() => {\ngo();\n})();\n"
    body = load_tracking_script(respect_do_not_track=True).body.decode()
    assert not [line for line in body.splitlines() if line.startswith(("//", " ")) or not line]


def test_the_script_keeps_nothing_in_the_browser() -> None:
    body = load_tracking_script(respect_do_not_track=False).body.decode()
    assert not [word for word in ("cookie", "localStorage", "sessionStorage", "indexedDB", "caches") if word in body]
