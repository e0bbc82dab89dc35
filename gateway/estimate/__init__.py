"""What a batch would come to, asked before anything is spent."""
