"""The web server: routes, auth, live events and the web app; no rules."""
