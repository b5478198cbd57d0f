"""How people are told of numbers."""


def so_many(number: int, what: str) -> str:
    """Such as 1 dollar, and 2 dollars."""
    return f"{number} {what}" + ("" if number == 1 else "s")
