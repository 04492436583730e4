class CannotStart(Exception):
    """Something a person has to settle before the app can run; the text says what, and how."""
