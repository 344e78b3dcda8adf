"""The organisation that owes and is owed money. It never imports the partner."""
