"""What every test may use."""

import os

from hypothesis import settings

pytest_plugins = ["tests.pcscd", "tests.postgres"]

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before anything imports Qt

settings.register_profile("any machine", deadline=None)  # how long one example takes says how busy the machine is
settings.load_profile("any machine")
