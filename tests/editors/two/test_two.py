import unittest

from two import two


class TwoTest(unittest.TestCase):
    def test_two(self):
        self.assertEqual(two(), 2)
