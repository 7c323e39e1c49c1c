import unittest

from marks import grade, passed


class Marks(unittest.TestCase):
    def test_boundary(self):
        self.assertTrue(passed(50))

    def test_below(self):
        self.assertFalse(passed(49))

    def test_grade(self):
        self.assertEqual(grade(95), 'A')
