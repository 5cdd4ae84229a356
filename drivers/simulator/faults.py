"""What can be wrong with a simulated card, on demand. Each fault is one word on the command line."""

from __future__ import annotations

from enum import Enum


class ChipFault(Enum):
    """A fault of the card (made in when it is personalised) or of its handling (the last three)."""

    CLONED = "cloned"
    """All files are copied, but not the private keys: AA and CA fail."""
    ALTERED_DG13 = "altered-dg13"
    """DG13 was changed after signing: its hash differs."""
    ALTERED_SOD = "altered-sod"
    """DG13 was changed and its hash in EF.SOD too: the signature is wrong."""
    UNKNOWN_ISSUER = "unknown-issuer"
    """Signed soundly, by an issuer that nobody accepts."""
    WRONG_CAN = "wrong-can"
    """The chip's card access number is not the one that its ID number gives."""
    LIFTED = "lifted"
    """Gone after so many APDUs."""
    SLOW = "slow"
    """Needs so many milliseconds for each APDU."""
    SILENT = "silent"
    """Answers the reset and so many APDUs, then nothing."""

    @property
    def made_in(self) -> bool:
        """Whether the card itself is faulty, not its handling."""
        return self not in {ChipFault.LIFTED, ChipFault.SLOW, ChipFault.SILENT}
