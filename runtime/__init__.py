"""How a process lives: clock, settings, logs, supervised tasks, bounded queues, links, health."""
