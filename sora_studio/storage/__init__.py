"""Where the studio's own copies live, behind `domain.ports.Storage`."""
