"""The one reader of what Videos API servers answer: a table of names per question, and a module that asks it.

`names` holds the tables, each in the order in which it is tried. `layers` finds where in an answer a job is,
`job`, `page`, `file`, `error` and `facts` read it. An answer is JSON by now, or None; nothing here raises but
the two errors that say what kind of answer it was: `MalformedResponse` and `RefusedInBody`.
"""
