"""Training of the small engine that comes with Circle Take, on clips that blocking renders: a tool beside the app.

The app never imports it. `python -m generation.training --help` says what can be done, and nothing is downloaded.
"""
