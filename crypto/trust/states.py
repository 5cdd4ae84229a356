"""Which state a certificate and a document name (ICAO Doc 9303-3 §5, Doc 9303-12 §7.1).

Documents name their state by three letters (Germany by one), certificates by two. A document signer, its root and the
document must name the same state: an accepted root of one state says nothing about the documents of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crypto import der, tlv
from crypto.trust.certificate import Certificate

_COUNTRY_NAME = bytes.fromhex("0603550406")

# ISO 3166-1, three letters and two; after it the codes that only Doc 9303-3 gives.
_CODES = """
ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT AZEAZ BDIBI BELBE BENBJ
BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB BRNBN BTNBT BVTBV BWABW CAFCF CANCA
CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO COMKM CPVCV CRICR CUBCU CUWCW CXRCX CYMKY CYPCY CZECZ DEUDE
DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESHEH ESPES ESTEE ETHET FINFI FJIFJ FLKFK FRAFR FROFO FSMFM GABGA GBRGB
GEOGE GGYGG GHAGH GIBGI GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU GUYGY HKGHK HMDHM HNDHN HRVHR
HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG KHMKH
KIRKI KNAKN KORKR KWTKW LAOLA LBNLB LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD
MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ MRTMR MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA
NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA PCNPN PERPE PHLPH PLWPW PNGPG POLPL
PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA REURE ROURO RUSRU RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ SLBSB SLESL
SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS STPST SURSR SVKSK SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ
TKLTK TKMTM TLSTL TONTO TTOTT TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM URYUY USAUS UZBUZ VATVA VCTVC VENVE VGBVG
VIRVI VNMVN VUTVU WLFWF WSMWS YEMYE ZAFZA ZMBZM ZWEZW
GBDGB GBNGB GBOGB GBPGB GBSGB EUEEU UNOUN UNAUN
"""
_TWO_LETTERS: Mapping[str, str] = MappingProxyType(
    {"D": "DE", "RKS": "KS", **{code[:3]: code[3:] for code in _CODES.split()}}
)


def country_of(certificate: Certificate) -> str | None:
    """The subject's country, two upper-case letters; None when it names none, several, or something else."""
    levels = der.parts(tlv.parse_one(certificate.subject_der))
    found = {_country(pair.value) for level in levels for pair in level.children()} - {""}
    return found.pop() if len(found) == 1 else None


def _country(pair: bytes) -> str:
    """What a name's pair says, when it says a country; empty otherwise."""
    if not pair.startswith(_COUNTRY_NAME):
        return ""
    text = tlv.parse_one(pair[len(_COUNTRY_NAME) :]).value.decode("latin-1").upper()
    return text if len(text) == 2 and text.isascii() and text.isalpha() else "?"


def country_code(state: str) -> str:
    """The two letters of a document's issuing state (``VNM``, ``D<<``); one that has none is given back as it is,
    which no certificate's country equals."""
    bare = state.rstrip("<")
    return _TWO_LETTERS.get(bare, bare)
