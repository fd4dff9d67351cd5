"""What is made of a database's address."""

from sqlalchemy.engine import make_url

from sora_studio.db.engine import _connect_args, _direct, _target

POOLED = "postgres://me:pw@ep-cool-1-pooler.eu.example.net/app?sslmode=require"
PLAIN = "postgresql://me:pw@db.example.net/app?sslmode=require"


def test_a_pooler_gets_no_prepared_statements_and_no_start_options():
    arguments = _connect_args(_target(POOLED))
    assert arguments["prepare_threshold"] is None
    assert "options" not in arguments


def test_a_plain_host_gets_a_statement_timeout():
    arguments = _connect_args(_target(PLAIN))
    assert "prepare_threshold" not in arguments
    assert "statement_timeout" in str(arguments["options"])


def test_listening_goes_to_the_direct_host_of_a_pooler():
    assert _direct(_target(POOLED)).host == "ep-cool-1.eu.example.net"
    assert _direct(_target(POOLED)).query["sslmode"] == "require"
    assert _direct(_target(PLAIN)) == make_url(PLAIN)
