"""What Yiquan knows about space: streets, places, coverage, siting. No HTTP, no pictures."""
