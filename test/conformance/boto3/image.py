"""Pushes the image that the tests share."""
from kit import *

print(image())
