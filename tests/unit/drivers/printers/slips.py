"""Invented slips."""

from __future__ import annotations

from terminal.outputs import Slip

SLIP = Slip(
    "ĐƯỢC HƯỞNG BHYT",
    "Quầy 3, Khoa khám bệnh",
    (
        ("Họ và tên", "NGUYỄN VĂN THỬ NGHIỆM"),
        ("Ngày sinh", "20/11/1990"),
        ("Số định danh", "003 090 ••••••"),
        ("Nơi đăng ký ban đầu", "Trạm Y tế Phường Giả Định · 01C54"),
    ),
    b"a1b2c3",
    "MÔ PHỎNG: Có thiết bị mô phỏng tham gia",
)
