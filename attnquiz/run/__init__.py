"""What a demo does: read it, run it in a process of its own, measure its claims."""
