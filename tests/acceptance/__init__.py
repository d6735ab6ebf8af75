"""What the product promises, tried from the outside: the command line as people type it, on real input."""
