"""The domain: what a session is, where it is kept, and how AWS is asked for it."""
