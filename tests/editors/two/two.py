def two():
    return 0
