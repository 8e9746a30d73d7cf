"""What is alive now: sessions, rooms with their one writer each, chat delivery, presence."""
