"""How requests come in: whole, before a thread is spent on them.

gunicorn keeps the processes (signals, restarts, one that dies). In each, waitress reads every connection in one loop and
hands a request to a thread when its last byte is there: who sends slowly, or never ends, holds a socket and nothing else.
"""
