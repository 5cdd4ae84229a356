"""What a site may set: every key with its type and its bounds.

``Annotated`` bounds are enforced at load; ``config/defaults.toml`` says in words what each key is for. Times are
seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

DeskName = Literal["reception", "gate", "police"]
Demand = Literal["signature", "hashes", "issuer", "chip", "qr_match", "validity", "eligibility", "ticket"]
"""The checks that a desk may require; the values of ``terminal.model.CheckName``."""

Need = Literal["reader", "camera", "scanner", "gate", "printer"]
"""The devices without which a desk is out of service; the values of ``terminal.events.Device``."""

Text = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
OptionalName = Annotated[str, Meta(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """The card reader. ``block`` is how much one READ BINARY asks for: ``extended`` or bytes; ``photo`` reads DG2."""

    driver: Literal["pcsc", "none"]
    names: Annotated[str, Meta(min_length=1, max_length=200)]
    apdu_timeout: Annotated[float, Meta(ge=0.5, le=10)]
    block: Literal["extended"] | Annotated[int, Meta(ge=64, le=256)]
    photo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSettings:
    """The camera. ``repeat_after``: seconds for which a code that was just seen is ignored."""

    driver: Literal["camera", "none"]
    decoder: Literal["zxing", "zbar"]
    source: Annotated[str, Meta(min_length=1, max_length=1000)]
    width: Annotated[int, Meta(ge=320, le=4096)]
    height: Annotated[int, Meta(ge=240, le=3072)]
    repeat_after: Annotated[float, Meta(ge=1, le=60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerSettings:
    """The scanner on a cable; ``keyboard`` for one that types. ``gap``: seconds between two of its keys at most."""

    driver: Literal["none", "serial", "hid", "keyboard"]
    address: Annotated[str, Meta(max_length=200)]
    baud: Annotated[int, Meta(ge=1200, le=921_600)]
    prefix: Annotated[str, Meta(max_length=16)]
    suffix: Annotated[str, Meta(max_length=16)]
    gap: Annotated[float, Meta(ge=0.005, le=0.2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """The turnstile, door or barrier. ``input`` -1: no contact tells that somebody went through. ``fails`` has no
    default: how the gate stands without power or terminal is for the site to say."""

    driver: Literal["none", "relay", "modbus", "gpio"]
    address: Annotated[str, Meta(max_length=200)]
    output: Annotated[int, Meta(ge=0, le=65_535)]
    input: Annotated[int, Meta(ge=-1, le=65_535)]
    seconds: Annotated[float, Meta(ge=1, le=60)]
    fails: Literal["", "shut", "open"]
    unit: Annotated[int, Meta(ge=1, le=247)]
    baud: Annotated[int, Meta(ge=1200, le=921_600)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterSettings:
    """The slip printer: ``escpos`` for receipt printers, ``zpl`` for label printers, ``system`` for any other."""

    driver: Literal["none", "escpos", "zpl", "system"]
    address: Annotated[str, Meta(max_length=500)]
    dots: Annotated[int, Meta(ge=200, le=1200)]
    seconds: Annotated[float, Meta(ge=1, le=60)]
    baud: Annotated[int, Meta(ge=1200, le=921_600)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSettings:
    """Spoken results; ``clips``: a folder of recorded sentences."""

    driver: Literal["none", "espeak", "clips"]
    clips: Path | None
    volume: Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSettings:
    """Who is asked, and how long that may take: ``connect`` to reach it, ``total`` for the whole answer.

    ``hub``: the server in the house that is asked when ``url`` is out of reach. ``direction``, ``people``, ``tickets``
    and ``cards`` are the gate's: which way it leads, how many of a group one scan lets through, whether codes without
    a signature of ours may be tickets too, and whether an ID card may be one.
    """

    driver: Literal["reference", "bhyt", "pretix", "fhir", "none"]
    url: Annotated[str, Meta(max_length=500)]
    hub: Annotated[str, Meta(max_length=500)]
    token_file: Path | None
    ca_file: Path | None
    event: OptionalName
    gate: OptionalName
    direction: Literal["entry", "exit"]
    people: Literal["all", "one"]
    tickets: Literal["signed", "any"]
    cards: bool
    connect: Annotated[float, Meta(ge=0.2, le=10)]
    total: Annotated[float, Meta(ge=0.5, le=30)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BhytSettings:
    """The Vietnam Social Security gateway. ``via``: asked directly, or through the hospital's own system at
    ``backend.url``. ``digest``: in which letters the password's MD5 is written. ``staff_file``: who is asking."""

    via: Literal["direct", "hospital"]
    user: Annotated[str, Meta(max_length=64)]
    password_file: Path | None
    staff_file: Path | None
    digest: Literal["upper", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PretixSettings:
    """A pretix server: its organiser and the check-in list of this gate."""

    organizer: OptionalName
    checkin_list: Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirSettings:
    """A FHIR R4 payer: how it knows this facility and itself, and by which identifier systems persons are named."""

    insurer: Annotated[str, Meta(max_length=200)]
    provider: Annotated[str, Meta(max_length=200)]
    id_system: Annotated[str, Meta(max_length=200)]
    member_system: Annotated[str, Meta(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineSettings:
    """What the terminal may decide by itself while no server answers (docs/offline.md).

    ``tickets`` and ``insurance`` switch it on. ``snapshot_hours`` and ``admissions``: the oldest snapshot, and the most
    admissions nobody has confirmed, with which tickets are still decided; ``warn`` is the share of either from which
    on staff are told. ``cover_hours``: how long a kept yes is as good as fresh; ``cover_days``: how long it still
    counts as a degraded one. ``sync``: seconds between two exchanges.
    """

    tickets: bool
    insurance: bool
    path: Path
    key_file: Path
    snapshot_hours: Annotated[float, Meta(ge=0.1, le=720)]
    admissions: Annotated[int, Meta(ge=0, le=100_000)]
    warn: Annotated[float, Meta(ge=0.1, le=1)]
    cover_hours: Annotated[float, Meta(ge=0, le=168)]
    cover_days: Annotated[int, Meta(ge=0, le=90)]
    sync: Annotated[float, Meta(ge=1, le=3600)]


HandedField = Literal[
    "id_number", "name", "born", "sex", "address", "insurance_code", "benefit", "valid_from", "valid_to", "facility",
    "outcome", "method", "reference", "proof",
]  # fmt: skip
"""What may be handed over to the hospital's system; the values of ``terminal.handing.Field``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverSettings:
    """To whom a reception's result goes. ``when``: with the decision, or when the clerk presses Enter. ``port``,
    ``token_file`` and ``origins`` are the desk API's, ``folder`` the file drop's, ``hl7`` (``HOST:PORT``) the HL7
    listener's."""

    when: Literal["decided", "pressed"]
    fields: tuple[HandedField, ...]
    api: bool
    port: Annotated[int, Meta(ge=0, le=65_535)]
    token_file: Path | None
    origins: tuple[Annotated[str, Meta(max_length=200)], ...]
    folder: Path | None
    hl7: Annotated[str, Meta(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """Where the accepted issuers (``directory``) and ticket keys (``tickets``) are kept.

    ``crl_max_age_days``: how old an issuer's revocation list may be; 0 asks for none.
    """

    directory: Path
    tickets: Path
    crl_max_age_days: Annotated[int, Meta(ge=0, le=3650)]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """Where the journal is, the site's key that turns ID numbers into pseudonyms, and the key that this terminal signs
    with."""

    path: Path
    key_file: Path
    device_key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSettings:
    """How long each state may last, in seconds.

    ``removal`` says how soon a result is wiped after the card was taken away, or ``never``; ``warn`` is the part of a
    result's life that shows a countdown (0: none); ``bounce`` the gap within which the same card counts as not lifted.
    """

    slow: Annotated[float, Meta(ge=1, le=15)]
    reading: Annotated[float, Meta(ge=3, le=60)]
    retry: Annotated[float, Meta(ge=2, le=60)]
    ask_number: Annotated[float, Meta(ge=5, le=300)]
    place_card: Annotated[float, Meta(ge=5, le=300)]
    result_allow: Annotated[float, Meta(ge=0.5, le=300)]
    result_attention: Annotated[float, Meta(ge=0.5, le=300)]
    result_stop: Annotated[float, Meta(ge=0.5, le=300)]
    result_cannot: Annotated[float, Meta(ge=0.5, le=300)]
    warn: Annotated[float, Meta(ge=0, le=30)]
    removal: Literal["never"] | Annotated[float, Meta(ge=0, le=30)]
    bounce: Annotated[float, Meta(ge=0, le=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSettings:
    """What people see and hear; ``sound`` is the volume from 0 (silent) to 1, ``quiet_sound`` the one in the hours
    ``quiet`` (``22:00-06:00``, "" for none)."""

    driver: Literal["window", "console"]
    theme: Literal["normal", "high_contrast"]
    fullscreen: bool
    sound: Annotated[float, Meta(ge=0, le=1)]
    quiet: Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9])?$")]
    quiet_sound: Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a terminal needs to know before it starts.

    ``demands``: the checks without which nobody is allowed; ``needs``: the devices without which the desk is closed.
    """

    desk: DeskName
    place: Text
    language: Literal["vi", "en"]
    device: Name
    demands: tuple[Demand, ...]
    needs: tuple[Need, ...]
    reader: ReaderSettings
    codes: CodeSettings
    scanner: ScannerSettings
    gate: GateSettings
    printer: PrinterSettings
    voice: VoiceSettings
    backend: BackendSettings
    bhyt: BhytSettings
    pretix: PretixSettings
    fhir: FhirSettings
    offline: OfflineSettings
    handover: HandOverSettings
    trust: TrustSettings
    journal: JournalSettings
    times: TimeSettings
    face: FaceSettings
