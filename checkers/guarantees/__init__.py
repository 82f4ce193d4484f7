"""Each guarantee: a sentence, its class and key, what it needs, violations and opportunities as SQL, an explanation."""
