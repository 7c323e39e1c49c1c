import unittest

from basket import subtotal, total


class BasketTest(unittest.TestCase):
    def test_items_are_added_up(self):
        self.assertEqual(subtotal([(250, 2), (1000, 1)]), 1500)

    def test_small_baskets_pay_for_shipping(self):
        self.assertEqual(total([(250, 2)]), 990)

    def test_shipping_is_free_from_fifty_on(self):
        self.assertEqual(total([(2500, 2)]), 5000)

    def test_shipping_is_free_above_fifty(self):
        self.assertEqual(total([(2500, 3)]), 7500)


if __name__ == "__main__":
    unittest.main()
