"""Many people at once, with live tabs, while instances are killed; and an audit afterwards."""
