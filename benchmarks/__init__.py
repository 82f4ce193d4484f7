"""Benchmarks: the server against a floor, the generator against others, memory per connection, the judge.

Knows: servers and generators as programs, the tables of a history, the judge as a program. Must never: be imported by
what it measures, or judge by itself.
"""
