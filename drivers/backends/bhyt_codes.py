"""Every ``maKetQua`` of the social security gateway, and what becomes of it: the one table, also of docs/bhyt.md.

Meanings: CV 1923/BHXH-CNTT of 20/06/2024 and its annex, in short. The lights are ours: green only for what a hospital's
own software counts as success and no eye has to confirm, grey for what says nothing about the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from terminal.model import Eligibility


class Light(Enum):
    """How an answer looks at the desk: insured, to be looked at, not insured, nothing learnt."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Code:
    """One ``maKetQua``. ``state`` and ``reason`` as `EligibilityAnswer` has them; a GREY one is the ``fault`` instead,
    a code of terminal/faults.py."""

    code: str
    meaning: str
    light: Light
    state: Eligibility | None = None
    reason: str = ""
    fault: str = ""


def _green(code: str, reason: str, meaning: str) -> Code:
    return Code(code, meaning, Light.GREEN, Eligibility.ELIGIBLE, reason)


def _amber(code: str, reason: str, meaning: str) -> Code:
    return Code(code, meaning, Light.AMBER, Eligibility.UNKNOWN, reason)


def _red(code: str, reason: str, meaning: str) -> Code:
    return Code(code, meaning, Light.RED, Eligibility.NOT_ELIGIBLE, reason)


def _invalid(code: str, reason: str, meaning: str) -> Code:
    return Code(code, meaning, Light.RED, Eligibility.CARD_INVALID, reason)


def _grey(code: str, fault: str, meaning: str) -> Code:
    return Code(code, meaning, Light.GREY, fault=fault)


_ROWS = (
    _green("000", "in_force", "Thông tin thẻ chính xác"),
    _amber("001", "army", "Thẻ do BHXH Bộ Quốc phòng quản lý: kiểm tra thẻ và giấy tờ tuỳ thân"),
    _amber("002", "police", "Thẻ do BHXH Bộ Công an quản lý: kiểm tra thẻ và giấy tờ tuỳ thân"),
    _green("003", "new_card", "Thẻ cũ hết giá trị, đã được cấp thẻ mới"),
    _green("004", "new_card", "Thẻ cũ còn giá trị, đã được cấp thẻ mới"),
    _red("010", "expired", "Thẻ hết giá trị sử dụng"),
    _red("050", "not_found", "Không thấy thông tin thẻ"),
    _invalid("051", "wrong_code", "Mã thẻ không đúng"),
    _invalid("052", "wrong_code", "Mã tỉnh (ký tự 4, 5) không đúng"),
    _invalid("053", "wrong_code", "Mã quyền lợi (ký tự 3) không đúng"),
    _grey("054", "net.staff", "Số định danh của nhân viên tra cứu không có trong danh sách đăng ký"),
    _grey("055", "net.staff", "Họ tên nhân viên tra cứu không khớp với số định danh"),
    _amber("060", "wrong_name", "Thẻ sai họ tên"),
    _amber("061", "wrong_name", "Thẻ sai họ tên, đúng ký tự đầu"),
    _amber("070", "wrong_birth", "Thẻ sai ngày sinh"),
    _grey("100", "net.server", "Lỗi khi lấy dữ liệu sổ thẻ"),
    _grey("101", "net.server", "Lỗi máy chủ"),
    _invalid("110", "withdrawn", "Thẻ đã thu hồi"),
    _red("120", "stopped", "Thẻ đã báo giảm"),
    _amber("121", "moved", "Thẻ đã báo giảm: chuyển ngoại tỉnh"),
    _amber("122", "moved", "Thẻ đã báo giảm: chuyển nội tỉnh"),
    _amber("123", "rejoined", "Thẻ đã báo giảm: tăng lại cùng đơn vị"),
    _red("124", "stopped", "Thẻ đã báo giảm: ngừng tham gia"),
    _amber("130", "child_without_card", "Trẻ em chưa đăng ký hoặc chưa có thẻ"),
    _grey("205", "net.garbage", "Sai định dạng tham số"),
    _grey("401", "net.denied", "Lỗi xác thực tài khoản"),
)

CODES: Mapping[str, Code] = MappingProxyType({row.code: row for row in _ROWS})

OLD_CARD_STANDS = "004"
NOT_FOUND = "050"
NOT_SIGNED_IN = "401"


def meaning_of(code: str) -> Code:
    """The row of a code. One that nobody knows is UNKNOWN: it is told, and never a yes."""
    return CODES.get(code) or Code(code, "", Light.AMBER, Eligibility.UNKNOWN, "unknown_code")
