"""What the measurements share: metrics, pairs, a database full of rows, a running studio, a tab."""
