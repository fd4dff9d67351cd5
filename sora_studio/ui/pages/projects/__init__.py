"""The projects that a person is in, and the way to open another one."""
