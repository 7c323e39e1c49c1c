import unittest

from one import one


class OneTest(unittest.TestCase):
    def test_one(self):
        self.assertEqual(one(), 1)
