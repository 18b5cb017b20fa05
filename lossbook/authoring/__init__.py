"""How the course is made: sources to notebooks."""
