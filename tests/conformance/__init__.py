"""The official conformance suite, against our server with the fixtures that it asks for."""
