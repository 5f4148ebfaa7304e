"""The protocol as a whole: random commands against a server and a model."""
