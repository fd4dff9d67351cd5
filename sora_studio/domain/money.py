"""Money is an integer number of micro-dollars: 1_000_000 is one US dollar."""

SANDBOX = "sandbox"
"""The built-in provider: the prices that it quotes are play money."""

MICROS_PER_DOLLAR = 1_000_000
_PLACES = 6


def dollars(micros: int) -> float:
    """Convert to dollars for the API's JSON; never calculate with the result."""
    return micros / MICROS_PER_DOLLAR


def micros(dollars_text: str) -> int:
    """Read an amount such as `0.10` exactly.

    Raises:
        ValueError: Not a non-negative decimal number with at most six places.
    """
    whole, _, fraction = dollars_text.partition(".")
    if not whole.isdecimal() or not (fraction or "0").isdecimal() or len(fraction) > _PLACES:
        raise ValueError(dollars_text)
    return int(whole) * MICROS_PER_DOLLAR + int(fraction.ljust(_PLACES, "0"))


def as_price(amount: int | None) -> str:
    """Write an amount as a person reads it: `$0.40`, `$0.004`, `free`, `price unknown`."""
    if amount is None:
        return "price unknown"
    if amount == 0:
        return "free"
    cents, rest = divmod(amount, 10_000)
    if rest:
        return f"${amount / MICROS_PER_DOLLAR:.6f}".rstrip("0")
    return f"${cents // 100}.{cents % 100:02d}"


def price_tag(provider: str, amount: int | None) -> str:
    """Write a provider's price as a person reads it; play money is said to be that."""
    price = as_price(amount)
    return f"{price} play\u00a0money" if provider == SANDBOX and amount else price
