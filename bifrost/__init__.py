"""The project: settings, routes, the worker and the web process. Wiring only."""

import os

# awscrt is here for its checksums. botocore would have it sign requests too: native code that wants more
# of a body than to read it once, and that workers would carry through a fork.
os.environ.setdefault("BOTO_DISABLE_CRT", "true")
