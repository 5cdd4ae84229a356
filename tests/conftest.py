"""What every test may use."""

from hypothesis import settings

pytest_plugins = ["tests.pcscd"]

settings.register_profile("any machine", deadline=None)  # how long one example takes says how busy the machine is
settings.load_profile("any machine")
