"""The invented people of the demo: nobody here exists, and no real ID number begins with 003.

Table, simulated chips and the reference backend's sample know them by the same ID numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from crypto.civil import Sex
from crypto.id_number import IdNumber

_NEW_CARD_FROM = date(2024, 7, 1)
"""Law 26/2023/QH15: cards issued from this day carry the longer QR text."""


@dataclass(frozen=True, slots=True)
class Resident:
    """One invented person and what the person's card says. ``expires`` None means a card without expiry.

    ``name`` is the chip's spelling; ``capitals`` tells that the QR writes it in capitals.
    """

    code: str
    what: str
    id_number: IdNumber
    name: str = field(repr=False)
    born: date = field(repr=False)
    sex: Sex = field(repr=False)
    issued: date = field(repr=False)
    expires: date | None = field(repr=False)
    address: str = field(repr=False)
    birthplace: str = field(repr=False)
    parents: tuple[str, str] = field(repr=False)
    marks: str = field(default="Sẹo mẫu C:1cm trên mắt trái", repr=False)
    ethnic_group: str = field(default="Kinh", repr=False)
    spouse: str | None = field(default=None, repr=False)
    old_number: str | None = field(default=None, repr=False)
    capitals: bool = False

    @property
    def sex_word(self) -> str:
        """``Nam`` or ``Nữ``, as cards write it."""
        return "Nam" if self.sex is Sex.MALE else "Nữ"

    @property
    def printed_name(self) -> str:
        """The name as the card's face and QR write it."""
        return self.name.upper() if self.capitals else self.name

    @property
    def long_qr(self) -> bool:
        """Whether the card is of the 2024 series, whose QR has eleven fields."""
        return self.issued >= _NEW_CARD_FROM

    def card_qr(self) -> bytes:
        """The text of the card's QR, UTF-8: seven fields on cards of 2021, eleven on those of 2024."""
        fields = [
            self.id_number.digits,
            self.old_number or "",
            self.printed_name,
            f"{self.born:%d%m%Y}",
            self.sex_word,
            self.address,
            f"{self.issued:%d%m%Y}",
        ]
        return "|".join(fields + [""] * (4 if self.long_qr else 0)).encode()


_PEOPLE = (
    Resident(
        code="insured",
        what="Còn hạn BHYT, thẻ thật của cơ quan cấp mô phỏng",
        id_number=IdNumber("003090123450"),
        name="Nguyễn Văn Thử Nghiệm",
        capitals=True,
        born=date(1990, 11, 20),
        sex=Sex.MALE,
        issued=date(2021, 7, 15),
        expires=date(2030, 11, 20),
        address="Số 1 Đường Thử, Phường Giả Định, Quận Mẫu, Hà Nội",
        birthplace="Phường Giả Định, Quận Mẫu, Hà Nội",
        marks="Nốt ruồi mẫu C:1cm dưới mép phải",
        parents=("Nguyễn Văn Cha Mẫu", "Trần Thị Mẹ Mẫu"),
        old_number="012345678",
    ),
    Resident(
        code="expired",
        what="BHYT đã hết hạn",
        id_number=IdNumber("003185000029"),
        name="Trần Thị Đo Lường",
        born=date(1985, 3, 5),
        sex=Sex.FEMALE,
        issued=date(2024, 9, 10),
        expires=date(2045, 3, 5),
        address="Thôn Mẫu, Xã Giả Định, Huyện Thử, Gia Lai",
        birthplace="Xã Giả Định, Huyện Thử, Gia Lai",
        parents=("Trần Văn Thước Mẫu", "Lê Thị Cân Mẫu"),
        spouse="Phan Văn Chồng Mẫu",
    ),
    Resident(
        code="uninsured",
        what="Không có trong sổ BHYT",
        id_number=IdNumber("003060000031"),
        name="Y Thử Hơ'Mẫu",
        capitals=True,
        born=date(1960, 1, 1),
        sex=Sex.MALE,
        issued=date(2022, 5, 4),
        expires=None,
        address="Buôn Mẫu, Đắk Lắk",
        birthplace="Buôn Mẫu, Đắk Lắk",
        ethnic_group="Ê-đê",
        parents=("Y Cha Hơ'Mẫu", "H'Mẹ Mẫu"),
    ),
    Resident(
        code="cloned",
        what="Chip bị sao chép: không có khóa riêng thật",
        id_number=IdNumber("003188000047"),
        name="Phạm Thị Sao Mẫu",
        born=date(1988, 2, 14),
        sex=Sex.FEMALE,
        issued=date(2022, 6, 20),
        expires=date(2028, 2, 14),
        address="Tổ 2, Phường Giả Định, Quận Mẫu, Hải Phòng",
        birthplace="Phường Giả Định, Quận Mẫu, Hải Phòng",
        parents=("Phạm Văn Gốc Mẫu", "Đỗ Thị Bản Mẫu"),
    ),
    Resident(
        code="altered",
        what="Dữ liệu chip (DG13) bị sửa sau khi ký",
        id_number=IdNumber("003079000053"),
        name="Lê Văn Sửa Mẫu",
        born=date(1979, 8, 9),
        sex=Sex.MALE,
        issued=date(2022, 3, 11),
        expires=date(2039, 8, 9),
        address="Ấp Mẫu, Xã Giả Định, Huyện Thử, An Giang",
        birthplace="Xã Giả Định, Huyện Thử, An Giang",
        parents=("Lê Văn Trước Mẫu", "Bùi Thị Sau Mẫu"),
        spouse="Cao Thị Vợ Mẫu",
    ),
    Resident(
        code="unknown-issuer",
        what="Thẻ do cơ quan không được chấp nhận ký",
        id_number=IdNumber("003301000061"),
        name="Hoàng Thị Lạ Mẫu",
        born=date(2001, 10, 3),
        sex=Sex.FEMALE,
        issued=date(2024, 12, 2),
        expires=date(2041, 10, 3),
        address="Khu 3, Phường Giả Định, Đà Nẵng",
        birthplace="Phường Giả Định, Đà Nẵng",
        parents=("Hoàng Văn Xa Mẫu", "Ngô Thị Lạ Mẫu"),
    ),
    Resident(
        code="swapped",
        what="Đưa QR của người thứ nhất nhưng đặt thẻ của người này",
        id_number=IdNumber("003084000078"),
        name="Võ Văn Đổi Mẫu",
        born=date(1984, 4, 27),
        sex=Sex.MALE,
        issued=date(2023, 5, 16),
        expires=date(2044, 4, 27),
        address="Xóm Mẫu, Xã Giả Định, Huyện Thử, Nghệ An",
        birthplace="Xã Giả Định, Huyện Thử, Nghệ An",
        parents=("Võ Văn Tráo Mẫu", "Hồ Thị Đổi Mẫu"),
    ),
    Resident(
        code="lifted",
        what="Nhấc thẻ khi đang đọc rồi đặt lại",
        id_number=IdNumber("003195000086"),
        name="Đặng Thị Nhấc Mẫu",
        born=date(1995, 12, 30),
        sex=Sex.FEMALE,
        issued=date(2021, 9, 8),
        expires=date(2035, 12, 30),
        address="Số 8 Ngõ Thử, Phường Giả Định, Quận Mẫu, Cần Thơ",
        birthplace="Phường Giả Định, Quận Mẫu, Cần Thơ",
        parents=("Đặng Văn Nâng Mẫu", "Mai Thị Nhấc Mẫu"),
    ),
    Resident(
        code="offline",
        what="Còn hạn BHYT nhưng mất mạng",
        id_number=IdNumber("003067000094"),
        name="Bùi Văn Mạng Mẫu",
        born=date(1967, 7, 18),
        sex=Sex.MALE,
        issued=date(2025, 8, 22),
        expires=None,
        address="Thôn 5, Xã Giả Định, Lào Cai",
        birthplace="Xã Giả Định, Lào Cai",
        parents=("Bùi Văn Dây Mẫu", "Vũ Thị Sóng Mẫu"),
        spouse="Tạ Thị Cáp Mẫu",
    ),
)

PEOPLE = MappingProxyType({person.code: person for person in _PEOPLE})
"""Everybody, by the stable word that names them on the table; in the order of the demo."""
