"""Mechanism: nothing in here knows a word of the business."""
