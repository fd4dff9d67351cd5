"""Money is an integer number of micro-dollars: 1_000_000 is one US dollar."""

SANDBOX = "sandbox"
"""The built-in provider: the prices that it quotes are play money."""

MICROS_PER_DOLLAR = 1_000_000

AMOUNT_MAX = 1_000_000_000_000_000
"""Micro-dollars: more than anybody's budget, and far from what the database can add up."""

_PLACES = 6


def dollars(micros: int) -> float:
    """Convert to dollars for the API's JSON; never calculate with the result."""
    return micros / MICROS_PER_DOLLAR


def micros(dollars_text: str) -> int:
    """Read an amount such as `0.10` exactly.

    Raises:
        ValueError: Not a non-negative decimal number, in ASCII, with at most six places.
    """
    whole, _, fraction = dollars_text.partition(".")
    if (
        not dollars_text.isascii()
        or not whole.isdecimal()
        or not (fraction or "0").isdecimal()
        or len(fraction) > _PLACES
    ):
        raise ValueError(dollars_text)
    return int(whole) * MICROS_PER_DOLLAR + int(fraction.ljust(_PLACES, "0"))


def decimal(amount: int) -> str:
    """Write an amount exactly, as the API does: `5.00`, `0.004`, `-0.10`."""
    whole, fraction = divmod(abs(amount), MICROS_PER_DOLLAR)
    places = f"{fraction:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 else ''}{whole}.{places}"


def as_amount(amount: int) -> str:
    """Write an amount as a person reads it: `$11.20`, `-$0.004`, `$0.00`."""
    return f"-${decimal(-amount)}" if amount < 0 else f"${decimal(amount)}"


def as_price(amount: int | None) -> str:
    """Write a price as a person reads it: `$0.40`, `$0.004`, `free`, `price unknown`."""
    if amount is None:
        return "price unknown"
    return as_amount(amount) if amount else "free"


def price_tag(provider: str, amount: int | None) -> str:
    """Write a provider's price as a person reads it; play money is said to be that."""
    price = as_price(amount)
    return f"{price} play\u00a0money" if provider == SANDBOX and amount else price
