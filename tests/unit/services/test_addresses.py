"""One spelling for each e-mail address."""

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.services.people.addresses import clean_email, spellings


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("ada+films@example.org", "ada+films@example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("ada@studio.local", "ada@studio.local"),  # of a network of one's own
        ("ada@host.test", "ada@host.test"),
        ("a@München.de", "a@münchen.de"),
        ("a@xn--mnchen-3ya.de", "a@münchen.de"),
        ("a@XN--MNCHEN-3YA.de", "a@münchen.de"),
        ("a@mu\u0308nchen.de", "a@münchen.de"),
        ("Rene\u0301@example.org", "rené@example.org"),
        ("a@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.org", "a@example.org"),
        ("a@example。org", "a@example.org"),
        ("пример@пример.рф", "пример@пример.рф"),
        ("हिन्दी@example.org", "हिन्दी@example.org"),
    ],
)
def test_every_way_to_type_an_address_is_one(typed: str, stored: str):
    assert clean_email(typed) == clean_email(stored) == spellings(typed)[-1] == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@localhost",
        "mailto:ada@example.org",
        "<ada@example.org>",
        "Ada <ada@example.org>",
        "a@b..org",
        "a..b@example.org",
        ".ada@example.org",
        "ada.@example.org",
        "ada@example.org.",
        "ada@-example.org",
        "a b@example.org",
        "a,b@example.org",
        '"a b"@example.org',
        "ada@[127.0.0.1]",
        "a" * 250 + "@example.org",
        *(
            f"ada{hidden}@example.org"
            for hidden in "\u200b\u200d\u00ad\u202e\ufeff\u3164\u2800\ufe0f\u034f\0\n"
        ),
        *(f"ada@exa{hidden}mple.org" for hidden in "\u200b\u3164\u2800\u202e"),
        "ada@example.org\u200b",
        "\ud800@example.org",
    ],
)
def test_what_is_no_bare_address_is_refused(typed: str):
    with pytest.raises(InvalidInput) as refusal:
        clean_email(typed)
    assert (refusal.value.param, refusal.value.code) == ("email", "invalid_email")


def test_an_account_from_before_a_rule_is_found_by_its_address_to_the_letter():
    assert spellings(" Zw@Example.org\u200b") == ("zw@example.org\u200b",)
    assert spellings("mailto:Ada@example.org") == ("mailto:ada@example.org",)
    assert spellings("a@XN--mnchen-3ya.de") == ("a@xn--mnchen-3ya.de", "a@münchen.de")
    assert [len(each) for each in spellings("x" * 60_000)] == [254]
