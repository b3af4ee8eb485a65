"""Single sign-on by OpenID Connect: outgoing requests, discovery, the round trip, the last word."""
