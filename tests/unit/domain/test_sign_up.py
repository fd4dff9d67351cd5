"""Policies of sign-up, as settings spell them."""

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.settings import SettingName, clean_setting
from sora_studio.domain.sign_up import SignUpPolicy


@pytest.mark.parametrize(
    ("text", "at_home", "elsewhere"),
    [
        ("open", True, True),
        ("approve", True, True),
        ("domain:example.org", True, False),
        (" Domain:Example.ORG ", True, False),
        ("invite", False, False),
        ("closed", False, False),
    ],
)
def test_whom_a_policy_admits_without_an_invitation(text: str, at_home: bool, elsewhere: bool):
    policy = SignUpPolicy.parse(text)
    assert policy.admits("ada@example.org") is at_home
    assert policy.admits("ada@example.org.evil.example") is elsewhere
    assert policy.admits("example.org@evil.example") is elsewhere
    assert str(policy) == text.strip().lower()


@pytest.mark.parametrize("domain", ["MÜLLER.example", "xn--mller-kva.example", "mu\u0308ller.example"])
def test_a_domain_is_known_however_it_is_spelled(domain: str):
    policy = SignUpPolicy.parse(f"domain:{domain}")
    assert policy.admits("ada@müller.example")
    assert str(policy) == "domain:müller.example"


@pytest.mark.parametrize(
    "text",
    [
        *("", "Opened", "domain", "domain:", "domain:@", "domain:org", "domain:a b.c"),
        *("open:", "open:x.yz", "open:!", "domain:a\0b.org", "domain:a\ud800.org", f"domain:{'x' * 64}.org"),
    ],
)
def test_what_is_no_policy(text: str):
    with pytest.raises(ValueError, match="must be open, approve"):
        SignUpPolicy.parse(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (SettingName.SIGN_UP, "ajar"),
        (SettingName.SIGN_UP, 7),
        (SettingName.SESSION_DAYS, 0),
        (SettingName.SESSION_DAYS, 401),
        (SettingName.SESSION_DAYS, True),
        (SettingName.SESSION_IDLE_DAYS, "7"),
        (SettingName.SESSION_IDLE_DAYS, 366),
    ],
)
def test_a_setting_that_will_not_do(name: SettingName, value: object):
    with pytest.raises(InvalidInput) as refusal:
        clean_setting(name, value)
    assert refusal.value.param == name
