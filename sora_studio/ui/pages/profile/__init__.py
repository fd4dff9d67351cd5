"""The profile: name, password, appearance, the end of the account."""
