"""Runs the worker tests of a checkout of the Web Platform Tests with `valor run`."""
