"""The organisation that holds the goods. It never imports the marketplace."""
