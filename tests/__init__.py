"""The tests. The servers they need are there before the first of them is loaded."""

from tests.servers import ensure

ensure()
