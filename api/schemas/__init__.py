"""What goes over the wire, for input and for documentation."""
