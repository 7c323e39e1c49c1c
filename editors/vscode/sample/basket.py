"""Prices of what is in a basket, in cents."""

FREE_SHIPPING_FROM = 5000
SHIPPING = 490


def subtotal(items):
    """What all items cost together; each is a price and a count."""
    return sum(price * count for price, count in items)


def shipping(amount):
    """Nothing from a certain amount on."""
    return 0 if amount > FREE_SHIPPING_FROM else SHIPPING


def total(items):
    amount = subtotal(items)
    return amount + shipping(amount)
