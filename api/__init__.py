"""What Yiquan knows about HTTP and the command line."""
