"""What can be found out about this computer: each check asks one part and leaves the judgement to ``terminal.health``.

The self-test at start runs those that need no device (devices report themselves); ``tram doctor`` runs all of them.
A check raises what the part raises (FaultError, ConfigError); ``terminal.checks.check`` makes findings of that.
"""
