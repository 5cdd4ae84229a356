"""The invented issuing state: its root, its document signers and the security objects they sign."""
