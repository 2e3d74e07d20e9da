def area(width, height):
    return wi
