def passed(points):
    return points >= 50


def grade(points):
    return 'A' if points >= 90 else 'B'
