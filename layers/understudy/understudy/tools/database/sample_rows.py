"""Generates the sample rows: two years of a wholesaler's sales, identical on every machine."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

T = TypeVar("T")

FIRST_DAY = date(2024, 10, 1)
LAST_DAY = date(2026, 9, 30)
SALES = 4000
CUSTOMERS = 160
SEED = 44

REGIONS = {"North": 1.0, "South": 0.8, "East": 0.9, "West": 1.15}
SEGMENTS = ("Retail", "Wholesale", "Online")
FIRST_WORDS = ("Alder", "Birch", "Cedar", "Dale", "Elm", "Fern", "Glen", "Hazel", "Iris", "Juniper")
SECOND_WORDS = ("Traders", "Foods", "Market", "Kitchens", "Stores", "Supply", "Goods", "House")

# All prices are multiples of a quarter, so that sums are exact in SQLite's floating point too.
CATALOGUE = (
    ("Espresso Beans", "Coffee", "18.50"),
    ("Earl Grey", "Tea", "9.75"),
    ("Hand Grinder", "Equipment", "44.00"),
    ("Oat Biscuits", "Snacks", "5.50"),
    ("Filter Blend", "Coffee", "14.50"),
    ("Green Sencha", "Tea", "12.50"),
    ("Pour-over Set", "Equipment", "42.50"),
    ("Dark Chocolate", "Snacks", "7.25"),
    ("Decaf Beans", "Coffee", "16.25"),
    ("Rooibos", "Tea", "8.50"),
    ("Milk Frother", "Equipment", "38.00"),
    ("Almond Bars", "Snacks", "6.50"),
    ("Cold Brew Concentrate", "Coffee", "21.00"),
    ("Chai Masala", "Tea", "11.25"),
    ("Travel Mug", "Equipment", "24.00"),
)


class Customer(NamedTuple):
    customer_id: int
    name: str
    region: str
    segment: str
    signed_up_on: date


class Product(NamedTuple):
    product_id: int
    name: str
    category: str
    unit_price: Decimal


class Sale(NamedTuple):
    sale_id: int
    sold_on: date
    customer_id: int
    product_id: int
    region: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


def products() -> list[Product]:
    return [
        Product(number, name, category, Decimal(price))
        for number, (name, category, price) in enumerate(CATALOGUE, start=1)
    ]


def customers() -> list[Customer]:
    generator = random.Random(11)  # noqa: S311 - the rows must be reproducible
    rows = []
    for number in range(1, CUSTOMERS + 1):
        first = FIRST_WORDS[(number - 1) % len(FIRST_WORDS)]
        second = SECOND_WORDS[(number - 1) // len(FIRST_WORDS) % len(SECOND_WORDS)]
        name = f"{first} {second}" + (
            " II" if number > len(FIRST_WORDS) * len(SECOND_WORDS) else ""
        )
        region = _pick(generator, list(REGIONS))
        signed_up_on = FIRST_DAY - timedelta(days=int(generator.random() * 900))
        rows.append(Customer(number, name, region, _pick(generator, SEGMENTS), signed_up_on))
    return rows


def sales() -> Iterator[Sale]:
    """Yields sales by date, with more in autumn and winter and growth from year to year."""
    generator = random.Random(SEED)  # noqa: S311 - the rows must be reproducible
    buyers, goods = customers(), products()
    days = sorted(_day(generator) for _ in range(SALES))
    for number, day in enumerate(days, start=1):
        buyer = _buyer(generator, buyers)
        product = goods[_favourite(generator, buyer.region, len(goods))]
        quantity = 1 + int(generator.random() ** 2 * 24)
        price = product.unit_price
        if quantity >= 12:
            price -= Decimal("0.50")
        yield Sale(
            number, day, buyer.customer_id, product.product_id, buyer.region, quantity, price,
            price * quantity,
        )  # fmt: skip


def _day(generator: random.Random) -> date:
    span = (LAST_DAY - FIRST_DAY).days + 1
    while True:
        position = generator.random()
        day = FIRST_DAY + timedelta(days=int(position * span))
        season = 1.0 if day.month in (10, 11, 12, 1) else 0.7
        if generator.random() < season * (0.75 + 0.25 * position):
            return day


def _buyer(generator: random.Random, buyers: list[Customer]) -> Customer:
    while True:
        buyer = _pick(generator, buyers)
        if generator.random() < REGIONS[buyer.region] / max(REGIONS.values()):
            return buyer


def _favourite(generator: random.Random, region: str, count: int) -> int:
    """Returns a product index. Each region prefers different products."""
    begin = list(REGIONS).index(region) * 4
    return (begin + int(generator.random() ** 1.7 * count)) % count


def _pick(generator: random.Random, choices: Sequence[T]) -> T:
    return choices[int(generator.random() * len(choices))]
