"""Transfer learning: what a network learnt for one task, put to use in another."""
