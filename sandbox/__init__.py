"""An embedded AWS for a laptop and for the tests. Nothing outside this package imports it."""
