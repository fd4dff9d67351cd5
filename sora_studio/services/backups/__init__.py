"""Backups: everything that a studio is, in a directory that is whole at every moment.

    TARGET/files/<key>                       every file once, shared by all backups
    TARGET/2026-12-01T02-00-00.123456Z/manifest.json
                                      /files.jsonl  a line for each file of this backup
                                      /database.dump
                                      /data/…       the signing key, providers.toml, model cards

The database is dumped first, and files are copied after: files are never changed, and none is erased
meanwhile, so each file that the dump names is there.
"""
