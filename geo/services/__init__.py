"""One function per question the product answers: load through stores, compute with the pure modules."""
