"""All targets. A new parser of outside bytes gets a row here and seeds in fuzz/seeds."""

from __future__ import annotations

from config.errors import ConfigError
from crypto.codes.ticket import TicketExpiredError, TicketNotYetError
from crypto.errors import (
    AccessRefusedError,
    CardLostError,
    CloneSuspectedError,
    IssuerUnknownError,
    MalformedError,
    MessagingBrokenError,
    NotSupportedError,
    SignatureWrongError,
    StatusError,
)
from fuzz.target import Target
from terminal.evidence.envelope import OtherRecipientError

_MALFORMED = (MalformedError,)
_UNUSABLE = (MalformedError, NotSupportedError)
_UNSIGNED = (MalformedError, NotSupportedError, SignatureWrongError)
_CARD = (AccessRefusedError, StatusError, CardLostError)

TARGETS = (
    # Encodings
    Target("tlv", "fuzz.steps:tlv_tree", _MALFORMED, 2048),
    Target("ber", "fuzz.steps:ber", _MALFORMED, 2048),
    Target("der", "fuzz.steps:der_values", _MALFORMED, 2048),
    Target("apdu", "fuzz.steps:apdu", _MALFORMED, 1024),
    Target("base45", "fuzz.steps:base45", _MALFORMED, 1024, text=True),
    Target("cbor", "fuzz.steps:cbor", _MALFORMED, 1024),
    # Access and messaging
    Target("card-access", "crypto.emrtd.security_infos:parse_security_infos", _MALFORMED, 2048),
    Target("card-security", "fuzz.steps:card_security", _UNSIGNED, 4096),
    Target("atr-info", "crypto.emrtd.atr_info:parse_atr_info", _MALFORMED, 256),
    Target("dg14", "crypto.emrtd.security_infos:parse_dg14", _MALFORMED, 2048),
    Target("public-key", "fuzz.steps:public_key", _UNUSABLE, 1024),
    Target("curve", "crypto.curves:curve_of", _UNUSABLE, 1024),
    Target("dh-group", "fuzz.steps:diffie_hellman", (), 1024),
    Target("bare-response", "fuzz.card_steps:bare_response", (MessagingBrokenError, CardLostError, StatusError), 512),
    Target("signed-response", "fuzz.card_steps:signed_response", (MessagingBrokenError,), 512),
    Target("read-file", "fuzz.card_steps:read_file", (MalformedError, StatusError, CardLostError), 4096),
    Target("pace-answers", "fuzz.card_steps:pace_answers", (*_UNUSABLE, *_CARD), 1024),
    Target("active-answer", "fuzz.card_steps:active_answer", (*_UNUSABLE, CloneSuspectedError, StatusError), 256),
    # Contents
    Target("com", "crypto.emrtd.lds:parse_com", _MALFORMED, 256),
    Target("mrz", "crypto.emrtd.mrz:parse_mrz", _MALFORMED, 256, text=True),
    Target("dg1", "crypto.emrtd.dg1:parse_dg1", _MALFORMED, 256),
    Target("dg2", "crypto.emrtd.face:parse_dg2", _UNUSABLE, 2048),
    Target("dg7", "crypto.emrtd.dg7:parse_dg7", _UNUSABLE, 2048),
    Target("dg11", "crypto.emrtd.dg11:parse_dg11", _MALFORMED, 2048),
    Target("dg12", "crypto.emrtd.dg12:parse_dg12", _MALFORMED, 2048),
    Target("dg13", "crypto.emrtd.vietnam:parse_dg13", _UNUSABLE, 2048),
    Target("dg16", "crypto.emrtd.dg16:parse_dg16", _MALFORMED, 2048),
    # Proof and trust
    Target("sod", "fuzz.steps:security_object", _UNSIGNED, 4096),
    Target("certificate", "fuzz.steps:certificate", _UNUSABLE, 2048),
    Target("self-signed", "fuzz.steps:self_signed", _UNSIGNED, 2048),
    Target("certificate-file", "crypto.trust.bundle:read_file", _UNUSABLE, 4096),
    Target("signature-algorithm", "crypto.trust.signatures:algorithm_of", _UNUSABLE, 256),
    Target("master-list", "fuzz.steps:master_list", _UNUSABLE, 8192),
    Target("revocation-list", "fuzz.steps:revocation_list", _UNSIGNED, 2048),
    Target("trust-store", "crypto.trust.container:parse", _UNUSABLE, 4096),
    Target("trust-index", "fuzz.steps:trust_index", _UNUSABLE, 2048),
    # Codes and files
    Target("card-qr", "crypto.codes.citizen_id:parse_citizen", _MALFORMED, 1024, text=True),
    Target("insurance-qr", "crypto.codes.bhyt:parse_insurance", _MALFORMED, 1024, text=True),
    Target("payment-qr", "crypto.codes.vietqr:parse_payment", _MALFORMED, 512, text=True),
    Target(
        "ticket",
        "fuzz.steps:ticket",
        (*_UNSIGNED, IssuerUnknownError, TicketExpiredError, TicketNotYetError),
        1024,
        text=True,
    ),
    Target("ticket-key", "crypto.codes.ticket:TicketKey.from_pem", _UNUSABLE, 512),
    Target("sniff", "crypto.codes.sniff:sniff", (), 1024),
    Target("code", "fuzz.steps:code", (), 1024),
    Target("transcript", "terminal.transcript:parse", _MALFORMED, 4096),
    Target("evidence", "terminal.evidence.bundle:decode", _UNUSABLE, 8192),
    Target("sealed-evidence", "fuzz.steps:sealed_evidence", (*_UNSIGNED, OtherRecipientError), 1024),
    Target("evidence-key", "terminal.evidence.keys:load_recipient", _UNUSABLE, 1024),
    Target("settings", "fuzz.steps:settings", (ConfigError,), 2048),
)
"""Every target, in the order in which they run."""

BY_NAME = {target.name: target for target in TARGETS}
"""The same by name."""
