"""
OGC API Features over the snapshot: one table of media types, one of parameters, small modules between them.

`media` negotiates, `questions` reads a request for features, `tables` keeps what open pages were cut from, `answering`
finds the features, `writers` puts them into bytes, `documents` describes collections, `openapi` the whole service,
`conformance` names what is held by tests.
"""
