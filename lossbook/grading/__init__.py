"""From a learner's notebook to a verdict on every question."""
