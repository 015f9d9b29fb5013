"""Views of pages: counted without cookies, and shown as figures. Nobody is recognised.

`seeing` makes a view of a request, `collecting` queues and stores it, `sessions` decides which session it belongs to;
`span` and `reading` answer questions, and `dashboard` shows the answers.
"""
