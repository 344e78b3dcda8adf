"""The partner's law: pure, no clock, no chance, no input or output."""
