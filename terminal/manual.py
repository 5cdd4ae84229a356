"""The failure manual, from the catalogue and its words: ``python -m terminal.manual > docs/faults.md``."""

from __future__ import annotations

import sys

from terminal.faults import CATALOGUE, Fault
from terminal.messages import LANGUAGES, say
from terminal.model import Message

_INTRODUCTION = """\
# Sổ lỗi · Failure manual

Mỗi lỗi có một mã cố định; màn hình, dòng lệnh, nhật ký và trang này dùng chung một danh mục. Lỗi của máy hay mạng không
bao giờ nói gì về người đang đứng trước quầy. *Thử lại* cho biết làm lại có thể giúp hay không; *mã thoát* là số mà lệnh
`tram` trả về khi dừng vì lỗi đó.

Every fault has one stable code; screen, command line, log and this page read the same catalogue. A fault of machine or
network never says anything about the person at the desk. *Try again* says whether doing it again can help; *exit code*
is what a `tram` command returns when it ends with this fault.

Trang này do `python -m terminal.manual > docs/faults.md` viết ra; một bài kiểm tra so nó với danh mục. ·
Written by `python -m terminal.manual > docs/faults.md`; a test fails when it differs from the catalogue.
"""

_YES_NO = {True: "có · yes", False: "không · no"}


def page() -> str:
    """The whole page, in both languages."""
    index = [f"- [`{code}`](#{_anchor(code)}) {_both(fault.title)}" for code, fault in CATALOGUE.items()]
    return "\n".join([_INTRODUCTION, *index, "", *(_entry(fault) for fault in CATALOGUE.values())])


def _entry(fault: Fault) -> str:
    who = Message(f"cli.who.{fault.who.value}")
    rows = [
        ("Tên · Title", fault.title),
        ("Nguyên nhân · Cause", fault.cause),
        ("Việc cần làm · What to do", fault.remedy),
        ("Ai xử lý · Who acts", who),
    ]
    facts = f"Thử lại · Try again: {_YES_NO[fault.retriable]}. Mã thoát · Exit code: {fault.exit_code}."
    lines = [
        f"## `{fault.code}`",
        "",
        "| | Tiếng Việt | English |",
        "|---|---|---|",
        *(f"| {label} | {_cell(message, 'vi')} | {_cell(message, 'en')} |" for label, message in rows),
        "",
        facts,
        "",
    ]
    return "\n".join(lines)


def _both(message: Message) -> str:
    return " · ".join(say(message, language) for language in LANGUAGES)


def _cell(message: Message, language: str) -> str:
    return say(message, language).replace("|", "\\|")


def _anchor(code: str) -> str:
    """How a Markdown reader names the heading of ``code``: dots fall away."""
    return code.replace(".", "")


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(page())
