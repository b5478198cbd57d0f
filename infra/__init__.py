"""How Showrunner gets onto AWS: the template, the package, and the one way to deploy it."""
