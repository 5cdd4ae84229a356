"""The invented people A to D of the fact sheet on the citizen card: rows of their zones and their dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class CardHolder:
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    born: date = field(repr=False)
    sex: str = field(repr=False)
    issued: date = field(repr=False)
    expires: date | None = field(repr=False)
    zone: str = field(repr=False)
    information: str = field(repr=False)


PEOPLE = {
    "A": CardHolder(
        "003090123450",
        "NGUYỄN VĂN THỬ NGHIỆM",
        date(1990, 11, 20),
        "M",
        date(2021, 7, 15),
        date(2030, 11, 20),
        "IDVNM0901234506003090123450<<99011207M3011205VNM<<<<<<<<<<<0NGUYEN<<VAN<THU<NGHIEM<<<<<<<<",
        "090123450690112073011205",
    ),
    "B": CardHolder(
        "003185000029",
        "Trần Thị Đo Lường",
        date(1985, 3, 5),
        "F",
        date(2024, 9, 10),
        date(2045, 3, 5),
        "IDVNM1850000291003185000029<<48503057F4503059VNM<<<<<<<<<<<8TRAN<<THI<DO<LUONG<<<<<<<<<<<<",
        "185000029185030574503059",
    ),
    "C": CardHolder(
        "003060000031",
        "Y THỬ HƠ'MẪU",
        date(1960, 1, 1),
        "M",
        date(2022, 5, 4),
        None,
        "IDVNM0600000318003060000031<<16001010M9912315VNM<<<<<<<<<<<2Y<<THU<HOMAU<<<<<<<<<<<<<<<<<<",
        "060000031860010109912315",
    ),
    "D": CardHolder(
        "003320000045",
        "Lê Thị Bé Mẫu",
        date(2020, 9, 9),
        "F",
        date(2024, 10, 15),
        date(2034, 9, 9),
        "IDVNM3200000454003320000045<<72009096F3409095VNM<<<<<<<<<<<8LE<<THI<BE<MAU<<<<<<<<<<<<<<<<",
        "320000045420090963409095",
    ),
}

DG13_OF_A = bytes.fromhex(
    "6d8201c8308201c4020101060628d316010008318201b53011020101130c303033303930313233343530302102"
    "01020c1c4e677579e1bb856e2056c4836e205468e1bbad204e676869e1bb876d300f0201030c0a32302f31312f"
    "3139393030080201040c034e616d300f0201050c0a5669e1bb8774204e616d30090201060c044b696e68300b02"
    "01070c064b68c3b46e6730350201080c305068c6b0e1bb9d6e67204769e1baa320c490e1bb8b6e682c205175e1"
    "baad6e204de1baab752c2048c3a0204ee1bb9969304d0201090c4853e1bb91203120c490c6b0e1bb9d6e672054"
    "68e1bbad2c205068c6b0e1bb9d6e67204769e1baa320c490e1bb8b6e682c205175e1baad6e204de1baab752c20"
    "48c3a0204ee1bb9969303102010a0c2c4ee1bb9174207275e1bb9369206de1baab7520433a31636d2064c6b0e1"
    "bb9b69206dc3a970207068e1baa369300f02010b0c0a31352f30372f32303231300f02010c0c0a32302f31312f"
    "32303330303702010d30320c174e677579e1bb856e2056c4836e20436861204de1baab750c175472e1baa76e20"
    "5468e1bb8b204de1bab9204de1baab75300e02010f0c0930313233343536373830150201100c10303030303030"
    "30303030303030303030"
)
