"""Analytics: views of pages are counted, and nobody is recognised.

`seeing` makes a view of a request, `collecting` queues and stores it, `sessions` decides which session it belongs to,
`range` and `reading` answer questions.
"""
