"""A second implementation of stalk/2, written from docs/SPEC.md alone, to test the first one against."""
