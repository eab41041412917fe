"""Help for the tests of users: a simulator fixture for pytest (see `plugin`)."""
